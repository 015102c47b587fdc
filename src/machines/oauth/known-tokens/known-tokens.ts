import { Injectable } from '@nestjs/common';
import { SessionState } from '../../../sessions/state/session-state.js';
import { RefreshTokens } from '../../../sessions/refresh/refresh-tokens.js';
import { KeyDigests } from '../../keys/key-digests.js';
import { beginsLikeKey, isWellFormedKey } from '../../keys/key-format.js';
import { ownerOfCaller } from '../../keys/key-owner.js';
import { LivingKeys } from '../../keys/living-keys.js';
import type { KnownToken } from './known-token.js';
import { SignedTokens } from './signed-tokens.js';

/** Tells which tokens of any kind are accepted at present, for those who ask about tokens of others. */
@Injectable()
export class KnownTokens {
  constructor(
    private readonly signed: SignedTokens,
    private readonly keys: LivingKeys,
    private readonly digests: KeyDigests,
    private readonly refreshTokens: RefreshTokens,
    private readonly sessions: SessionState,
  ) {}

  /** Returns null for what is unknown, forged, expired or revoked. Throws `dependency_unavailable`. */
  async find(token: string): Promise<KnownToken | null> {
    if (beginsLikeKey(token)) return this.key(token);
    return token.includes('.') ? this.signed.find(token) : this.refreshToken(token);
  }

  private async key(token: string): Promise<KnownToken | null> {
    if (!isWellFormedKey(token)) return null;
    const found = await this.keys.find(this.digests.of(token), () => this.digests.allOf(token));
    if (!('caller' in found)) return null;
    const { caller, createdAt } = found;
    return {
      kind: 'key',
      owner: ownerOfCaller(caller),
      sessionId: null,
      keyId: caller.keyId,
      tokenId: caller.keyId,
      audience: null,
      clientId: caller.kind === 'service-account' ? caller.serviceAccountId : null,
      scopes: caller.scopes,
      issuedAt: createdAt,
      expiresAt: caller.expiresAt,
    };
  }

  /**
   * Every refresh token of a session names it, also one that has been replaced: presented to refresh, it would end the
   * session.
   */
  private async refreshToken(token: string): Promise<KnownToken | null> {
    const claim = this.refreshTokens.read(token);
    const session = claim && (await this.sessions.live(claim.sessionId));
    if (!session) return null;
    return {
      kind: 'refresh-token',
      owner: { kind: 'user', id: session.userId },
      sessionId: claim.sessionId,
      keyId: null,
      tokenId: null,
      audience: null,
      clientId: null,
      scopes: null,
      issuedAt: null,
      expiresAt: null,
    };
  }
}
