import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../platform/access/principal.js';
import type { Origin } from '../platform/http/origin.js';
import { RefreshTokens } from './refresh/refresh-tokens.js';
import { SessionRevocation } from './revocation/session-revocation.js';

/** The tokens of a logout request: the holder of a genuine access token, expired or not, and a refresh token. */
export interface PresentedSession {
  readonly tokenHolder: SessionPrincipal | null;
  readonly refreshToken: string | null;
}

/** Ends sessions at the request of their holder. */
@Injectable()
export class LogoutService {
  constructor(
    private readonly refreshTokens: RefreshTokens,
    private readonly revocation: SessionRevocation,
  ) {}

  /**
   * Ends the session of each genuine token presented. Other tokens have no effect, and the response is the same
   * (RFC 7009 section 2.2).
   */
  async logout({ tokenHolder, refreshToken }: PresentedSession, origin: Origin): Promise<void> {
    const claim = refreshToken === null ? null : this.refreshTokens.read(refreshToken);
    const sessionIds = new Set([tokenHolder?.sessionId, claim?.sessionId].filter((id) => id !== undefined));
    for (const sessionId of sessionIds) await this.revocation.logout(sessionId, origin);
  }
}
