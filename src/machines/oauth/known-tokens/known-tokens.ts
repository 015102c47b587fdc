import { Injectable } from '@nestjs/common';
import { SessionState } from '../../../sessions/state/session-state.js';
import { RefreshTokens } from '../../../sessions/refresh/refresh-tokens.js';
import { KeyDigests } from '../../keys/key-digests.js';
import { beginsLikeKey, isWellFormedKey } from '../../keys/key-format.js';
import { ownerOf, ownerOfCaller, ownersRolesOf } from '../../keys/key-owner.js';
import { type ActiveKey, ApiKeyCache, type RejectedKey } from '../../keys/api-key-cache.js';
import type { EndableToken, KnownToken } from './known-token.js';
import { SignedTokens } from './signed-tokens.js';

/** Finds out whether a token of any kind is currently accepted, for introspection and revocation. */
@Injectable()
export class KnownTokens {
  constructor(
    private readonly signed: SignedTokens,
    private readonly keys: ApiKeyCache,
    private readonly digests: KeyDigests,
    private readonly refreshTokens: RefreshTokens,
    private readonly sessions: SessionState,
  ) {}

  /** Returns null for what is unknown, forged, expired or revoked. Throws `dependency_unavailable`. */
  async find(token: string): Promise<KnownToken | null> {
    if (beginsLikeKey(token)) return this.key(token);
    return token.includes('.') ? this.signed.find(token) : this.refreshToken(token);
  }

  /**
   * Returns what has to be ended so that the token is not accepted any more: in addition to the tokens of `find`, keys of
   * disabled owners, which are accepted again once their owner is enabled. Throws `dependency_unavailable`.
   */
  async findEndable(token: string): Promise<EndableToken | null> {
    if (!isWellFormedKey(token)) return this.find(token);
    const found = await this.read(token);
    if ('caller' in found) return ofKey(found);
    if (found.fault !== 'owner_disabled') return null;
    const { keyId } = found;
    return { kind: 'key', owner: ownerOf(found), sessionId: null, keyId, tokenId: keyId, issuedAt: null };
  }

  private async key(token: string): Promise<KnownToken | null> {
    if (!isWellFormedKey(token)) return null;
    const found = await this.read(token);
    return 'caller' in found ? ofKey(found) : null;
  }

  private read(key: string): Promise<ActiveKey | RejectedKey> {
    return this.keys.find(this.digests.of(key), () => this.digests.allOf(key));
  }

  /**
   * A refresh token contains the id of its session. One that has been replaced is found as well, because using it again ends
   * the session.
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
      ownerRoles: null,
      issuedAt: null,
      expiresAt: null,
    };
  }
}

function ofKey({ caller, createdAt }: ActiveKey): KnownToken {
  return {
    kind: 'key',
    owner: ownerOfCaller(caller),
    sessionId: null,
    keyId: caller.keyId,
    tokenId: caller.keyId,
    audience: null,
    clientId: caller.kind === 'service-account' ? caller.serviceAccountId : null,
    scopes: caller.scopes,
    ownerRoles: ownersRolesOf(caller),
    issuedAt: createdAt,
    expiresAt: caller.expiresAt,
  };
}
