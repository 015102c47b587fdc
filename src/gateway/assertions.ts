import { Injectable } from '@nestjs/common';
import type { Principal } from '../platform/access/principal.js';
import { firstValidSecond } from '../platform/access/void-until.js';
import { Clock } from '../platform/clock/clock.js';
import { Environment } from '../platform/config/environment.js';
import { UuidV7 } from '../platform/crypto/uuid.js';
import { BoundedMap } from '../platform/memory/bounded-map.js';
import { TokenSigner } from '../sessions/keys/token-signer.js';
import { callerFacts } from './caller-facts.js';
import type { GateRule } from './rules/gate-rule.js';

/** The lifetime of an assertion. */
const LIFETIME_SECONDS = 60;
/** For how long an assertion is reused for further requests of its caller, because a signature with RS256 takes 2 ms. */
const REUSED_SECONDS = 30;
/** The maximum number of assertions kept for reuse; each takes about 1 KB. */
const CAPACITY = 10_000;

interface Signed {
  /** A promise, so that concurrent requests of a caller share one signature. */
  readonly token: Promise<string>;
  readonly issuedAt: number;
}

/**
 * Signs who the caller of a request is, with the keys of access tokens and a type of its own (RFC 8725 section 3.11), so
 * that an application need not trust its network.
 */
@Injectable()
export class Assertions {
  private readonly signed = new BoundedMap<string, Signed>(CAPACITY);

  constructor(
    private readonly signer: TokenSigner,
    private readonly environment: Environment,
    private readonly clock: Clock,
    private readonly ids: UuidV7,
  ) {}

  /** Returns a token of at most 60 s about a caller, for the audience of a rule. */
  about(principal: Principal, { name, audience }: GateRule & { readonly audience: string }): Promise<string> {
    const claims = { aud: audience, ...claimsOf(principal), rule: name };
    const key = JSON.stringify(claims);
    const now = Math.floor(this.clock.nowMs() / 1000);
    // Verifiers refuse an assertion issued before the last reduction of its session or key.
    const earliest = firstValidSecond(principal.voidUntil);
    const known = this.signed.get(key);
    const isRecent = known && now - known.issuedAt < REUSED_SECONDS && now >= known.issuedAt;
    if (isRecent && known.issuedAt >= earliest) return known.token;
    const iat = Math.max(now, earliest);
    const token = this.sign(claims, iat, now + LIFETIME_SECONDS);
    this.signed.set(key, { token, issuedAt: iat });
    token.catch(() => this.signed.delete(key));
    return token;
  }

  private async sign(claims: object, iat: number, exp: number): Promise<string> {
    const iss = this.environment.JWT_ISSUER;
    return this.signer.sign('assertion+jwt', { iss, ...claims, jti: this.ids.next(), iat, exp });
  }
}

function claimsOf(principal: Principal): object {
  const { subject, sessionId, keyId, roles, scopes, ownerRoles, acr } = callerFacts(principal);
  return {
    sub: subject,
    ...(sessionId !== null && { sid: sessionId }),
    ...(keyId !== null && { key: keyId }),
    roles,
    scope: scopes.join(' '),
    ...(ownerRoles !== null && { owner_roles: ownerRoles }),
    ...(acr !== null && { acr }),
  };
}
