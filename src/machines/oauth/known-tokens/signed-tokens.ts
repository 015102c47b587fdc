import { Injectable } from '@nestjs/common';
import type { MachinePrincipal, SessionPrincipal } from '../../../platform/access/principal.js';
import { isVoid } from '../../../platform/access/void-until.js';
import { Clock } from '../../../platform/clock/clock.js';
import { Environment } from '../../../platform/config/environment.js';
import { SessionState } from '../../../sessions/state/session-state.js';
import { isCurrent } from '../../../sessions/tokens/access-token-claims.js';
import type { Assertion } from '../../../sessions/tokens/assertion-claims.js';
import type { ClientToken } from '../../../sessions/tokens/client-token-claims.js';
import { TokenInspection } from '../../../sessions/tokens/token-inspection.js';
import { ownerOfCaller, ownersRolesOf } from '../../keys/key-owner.js';
import { ApiKeyCache } from '../../keys/api-key-cache.js';
import type { KnownToken } from './known-token.js';

/** Tells which signed tokens are accepted at present: access tokens, and assertions of the gateway. */
@Injectable()
export class SignedTokens {
  constructor(
    private readonly inspection: TokenInspection,
    private readonly sessions: SessionState,
    private readonly keys: ApiKeyCache,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /** Returns null for anything else, and for what has ended. Throws `dependency_unavailable`. */
  async find(token: string): Promise<KnownToken | null> {
    const holder = await this.inspection.holderOf(token);
    if (holder)
      return this.isCurrent(holder)
        ? holder.kind === 'session'
          ? this.ofSession(holder)
          : this.ofClient(holder)
        : null;
    const assertion = await this.inspection.assertionOf(token);
    return assertion && this.isCurrent(assertion) ? this.ofAssertion(assertion) : null;
  }

  private isCurrent(token: { readonly issuedAt: number; readonly expiresAt: number }): boolean {
    return isCurrent(token, this.clock.nowMs());
  }

  private async ofSession({
    userId,
    sessionId,
    tokenId,
    issuedAt,
    expiresAt,
  }: SessionPrincipal): Promise<KnownToken | null> {
    if (!(await this.isOfLiveSession(sessionId, userId, issuedAt))) return null;
    return {
      kind: 'session-token',
      owner: { kind: 'user', id: userId },
      sessionId,
      keyId: null,
      tokenId,
      audience: null,
      clientId: this.environment.JWT_AUDIENCE,
      scopes: null,
      ownerRoles: null,
      issuedAt,
      expiresAt,
    };
  }

  private async ofClient(token: ClientToken): Promise<KnownToken | null> {
    const { serviceAccountId: id, keyId, tokenId, issuedAt, expiresAt } = token;
    const caller = await this.callerOf(keyId, id, issuedAt);
    if (!caller) return null;
    const scopes = stillHeld(token.scopes, caller);
    const owner = { kind: 'service-account', id } as const;
    const ofKey = { sessionId: null, keyId, tokenId, audience: null, clientId: id, ownerRoles: null };
    return { kind: 'client-token', owner, ...ofKey, scopes, issuedAt, expiresAt };
  }

  private async ofAssertion(assertion: Assertion): Promise<KnownToken | null> {
    const { subject, sessionId, keyId, tokenId, audience, issuedAt, expiresAt } = assertion;
    const shared = { kind: 'assertion', tokenId, audience, clientId: null, issuedAt, expiresAt } as const;
    if (sessionId !== null) {
      if (!(await this.isOfLiveSession(sessionId, subject, issuedAt))) return null;
      const ofSession = { sessionId, keyId: null, scopes: null, ownerRoles: null };
      return { ...shared, owner: { kind: 'user', id: subject }, ...ofSession };
    }
    const caller = await this.callerOf(keyId!, subject, issuedAt);
    if (!caller) return null;
    const scopes = stillHeld(assertion.scopes, caller);
    const ofKey = { sessionId: null, keyId, scopes, ownerRoles: ownersRolesOf(caller) };
    return { ...shared, owner: ownerOfCaller(caller), ...ofKey };
  }

  private async isOfLiveSession(sessionId: string, userId: string, issuedAt: number): Promise<boolean> {
    const session = await this.sessions.live(sessionId);
    return session?.userId === userId && !isVoid(issuedAt, session.voidUntil);
  }

  private async callerOf(keyId: string, ownerId: string, issuedAt: number) {
    const key = await this.keys.findById(keyId);
    if (!('caller' in key) || ownerOfCaller(key.caller).id !== ownerId) return null;
    return isVoid(issuedAt, key.caller.voidUntil) ? null : key.caller;
  }
}

/** The scopes that a token claims and its key has at present. */
const stillHeld = (claimed: readonly string[], { scopes }: MachinePrincipal) =>
  claimed.filter((scope) => scopes.includes(scope));
