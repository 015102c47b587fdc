import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { TokenCookies } from './token-cookies.js';

/** Exactly the scheme, one space, one token (RFC 6750 section 2.1, read more strictly than RFC 9110 allows). */
const BEARER = /^Bearer ([^ ,]+)$/;

/** No token looks like this, so that a header of another form is refused as a token and never passed over. */
const NO_TOKEN = '*';

/** Finds the tokens of a request, genuine or not; null where it presents none. A URL is never read (RFC 6750 section 5.3). */
@Injectable()
export class PresentedTokens {
  constructor(private readonly cookies: TokenCookies) {}

  /** The header wins over the cookie. */
  access(request: FastifyRequest): string | null {
    const header = request.headers.authorization;
    if (header === undefined) return this.cookies.read(request, 'access_token');
    return BEARER.exec(header)?.[1] ?? NO_TOKEN;
  }

  /** The body's member wins over the cookie. */
  refresh(request: FastifyRequest): string | null {
    const { body } = request;
    const member =
      typeof body === 'object' && body !== null && 'refreshToken' in body ? body.refreshToken : undefined;
    return typeof member === 'string' ? member : this.cookies.read(request, 'refresh_token');
  }

  device(request: FastifyRequest): string | null {
    return this.cookies.read(request, 'device');
  }
}
