import type { FastifyRequest } from 'fastify';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';

/** Throws `malformed_request` for an HTTP/1.1 request without `Host` (RFC 9112 section 3.2), as Node would, but as a problem. */
export function requireHost({ headers, raw }: FastifyRequest): void {
  if (headers.host === undefined && raw.httpVersion === '1.1')
    throw new Problem(PlatformErrors.malformed_request, { detail: 'The request names no host.' });
}
