import type { ClientToken } from './client-token-claims.js';
import { ROLES, type Role, type SessionPrincipal } from '../../platform/access/principal.js';
import type { AssuranceLevel, AuthenticationMethod } from '../proofs.js';
import { isUuid } from '../../platform/crypto/uuid.js';

/** The claims of an access token (RFC 9068 sections 2.2 and 2.2.1), and `sid` for the session. No personal data. */
export interface AccessTokenClaims {
  readonly iss: string;
  /** A string, never a list, so that a token has exactly one audience. */
  readonly aud: string;
  readonly sub: string;
  readonly sid: string;
  readonly jti: string;
  /** Unix seconds. */
  readonly iat: number;
  /** Unix seconds. */
  readonly exp: number;
  readonly client_id: string;
  readonly roles: Role[];
  /** Unix seconds of the latest proof at the level of `acr`. */
  readonly auth_time: number;
  readonly acr: AssuranceLevel;
  /** RFC 8176. */
  readonly amr: readonly AuthenticationMethod[];
}

/** Whose genuine access token it is: a person's session, or a service account with a key. */
export type TokenHolder = SessionPrincipal | ClientToken;

/** How far the clock of another instance may be ahead, seconds. */
const IAT_LEEWAY_SECONDS = 60;

/** Returns the principal of the claims; null if a member is missing or malformed. The times are not checked. */
export function principalFrom(claims: unknown): SessionPrincipal | null {
  if (typeof claims !== 'object' || claims === null) return null;
  const { aud, sub, sid, jti, iat, exp, client_id, roles, acr } = claims as Record<string, unknown>;
  const texts = [aud, sub, sid, jti, client_id].every((text) => typeof text === 'string');
  const dates = [iat, exp].every((date) => Number.isSafeInteger(date) && (date as number) > 0);
  if (
    !texts ||
    !dates ||
    'nbf' in claims ||
    'key' in claims ||
    !isUuid(sub as string) ||
    !isUuid(sid as string)
  )
    return null;
  if (!Array.isArray(roles) || !roles.every((role) => ROLES.includes(role as Role))) return null;
  return {
    kind: 'session',
    userId: sub as string,
    sessionId: sid as string,
    roles: roles as Role[],
    acr: acr === 'aal2' ? 'aal2' : 'aal1',
    tokenId: jti as string,
    issuedAt: iat as number,
    expiresAt: exp as number,
  };
}

/** Whether a token is valid at a time. Expiry has no leeway, because the same clocks write and check it. */
export function isCurrent(
  { issuedAt, expiresAt }: Pick<TokenHolder, 'issuedAt' | 'expiresAt'>,
  nowMs: number,
): boolean {
  const now = nowMs / 1000;
  return now < expiresAt && issuedAt <= now + IAT_LEEWAY_SECONDS;
}
