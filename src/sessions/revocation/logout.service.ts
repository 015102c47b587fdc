import { Injectable } from '@nestjs/common';
import type { Origin } from '../../platform/http/origin.js';
import { RefreshTokens } from '../refresh/refresh-tokens.js';
import { SessionRevocation } from './session-revocation.js';
import { AccessTokens } from '../tokens/access-tokens.js';

/** Ends sessions at their holder's wish. */
@Injectable()
export class LogoutService {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly revocation: SessionRevocation,
  ) {}

  /**
   * Ends the session of each genuine token presented, expired or not; anything else ends nothing, and the caller is
   * not told which it was (RFC 7009 section 2.2).
   */
  async logout(presented: { access: string | null; refresh: string | null }, origin: Origin): Promise<void> {
    const principal =
      presented.access === null ? null : await this.accessTokens.readGenuine(presented.access);
    const claim = presented.refresh === null ? null : this.refreshTokens.read(presented.refresh);
    const sessionIds = new Set([principal?.sessionId, claim?.sessionId].filter((id) => id !== undefined));
    for (const sessionId of sessionIds) await this.revocation.logout(sessionId, origin);
  }
}
