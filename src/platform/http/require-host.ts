import type { FastifyRequest } from 'fastify';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';

/** What RFC 3986 lets a host and port be made of; two fields come joined by a comma, which no host needs. */
const HOST = /^[\w.~%!$&'()*+;=:[\]-]*$/;

/**
 * Throws `malformed_request` for a request with more than one `Host`, one that is none, or none at all in HTTP/1.1 (RFC 9112
 * section 3.2).
 */
export function requireHost({ headers, raw }: FastifyRequest): void {
  if (headers.host !== undefined && !HOST.test(headers.host))
    throw new Problem(PlatformErrors.malformed_request, { detail: 'The request does not name one host.' });
  if (headers.host === undefined && raw.httpVersion === '1.1')
    throw new Problem(PlatformErrors.malformed_request, { detail: 'The request names no host.' });
}
