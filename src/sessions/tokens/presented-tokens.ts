import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Credential } from '../../platform/access/forward-auth.js';
import { contextOf } from '../../platform/http/request-context.js';
import { TokenCookies } from './token-cookies.js';
import type { TokenTransport } from './token-transport.js';

/** The scheme in any case (RFC 9110 section 11.1), exactly one space, and one token (RFC 6750 section 2.1). */
const BEARER = /^bearer ([^ ,]+)$/i;

/**
 * Credentials of another scheme (RFC 9110 section 11.4), such as the Basic credentials of a staging host that a
 * browser adds.
 */
const OTHER_SCHEME = /^[\w!#$%&'*+.^`|~-]+ +[^ ]/;

/** The scheme anywhere in the field: two fields are joined with a comma, and a proxy may have checked the other one. */
const NAMES_BEARER = /(?:^|,)[ \t]*bearer(?![\w!#$%&'*+.^`|~-])/i;

/** An invalid token, so that a malformed header is refused like a malformed token instead of being ignored. */
const NO_TOKEN = '*';

/** Finds the tokens of a request, genuine or not; null if it has none. URLs are never read (RFC 6750 section 5.3). */
@Injectable()
export class PresentedTokens {
  constructor(private readonly cookies: TokenCookies) {}

  /**
   * The header takes precedence over the cookie, unless its credentials are of another scheme. In a forward-auth request,
   * only the credentials that its rule looks at are read.
   */
  access(request: FastifyRequest): string | null {
    if (this.transportOf(request) === 'cookie')
      return looksAt(request, 'cookie') ? this.cookies.read(request, 'access_token') : null;
    return BEARER.exec(request.headers.authorization ?? '')?.[1] ?? NO_TOKEN;
  }

  /** How the access token of a request was sent, which is how the session's next tokens are returned. */
  transportOf(request: FastifyRequest): TokenTransport {
    const { authorization } = request.headers;
    if (authorization === undefined || isOfOtherScheme(authorization)) return 'cookie';
    return looksAt(request, 'bearer') ? 'body' : 'cookie';
  }

  /** The member of the body takes precedence over the cookie. */
  refresh(request: FastifyRequest, member = 'refreshToken'): string | null {
    const body = (request.body ?? {}) as Record<string, unknown>;
    const token = Object.hasOwn(body, member) ? body[member] : undefined;
    return typeof token === 'string' ? token : this.cookies.read(request, 'refresh_token');
  }

  device(request: FastifyRequest): string | null {
    return this.cookies.read(request, 'device');
  }
}

function looksAt(request: FastifyRequest, credential: Credential): boolean {
  return contextOf(request).forwardAuth?.credentials.includes(credential) ?? true;
}

function isOfOtherScheme(header: string): boolean {
  return OTHER_SCHEME.test(header) && !NAMES_BEARER.test(header);
}
