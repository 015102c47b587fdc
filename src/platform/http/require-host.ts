import type { FastifyRequest } from 'fastify';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';

/** Characters of a host and port in RFC 3986. Two fields arrive joined by a comma, which is left out: no host needs one. */
const HOST = /^[\w.~%!$&'()*+;=:[\]-]*$/;

/**
 * Throws `malformed_request` for a request with more than one `Host`, an invalid one, or none in HTTP/1.1 (RFC 9112
 * section 3.2).
 */
export function requireHost({ headers, raw }: FastifyRequest): void {
  if (headers.host !== undefined && !HOST.test(headers.host))
    throw new Problem(PlatformErrors.malformed_request, {
      detail: 'The request must name exactly one valid host.',
    });
  if (headers.host === undefined && raw.httpVersion === '1.1')
    throw new Problem(PlatformErrors.malformed_request, { detail: 'The request names no host.' });
}
