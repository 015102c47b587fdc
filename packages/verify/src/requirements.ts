import type { Role } from './claims.js';
import type { Verified } from './verifier.js';
import { VerificationError } from './verification-error.js';

/** What a route asks of its callers. */
export interface Requirements {
  /**
   * Reads the cookie of the browser transport where there is no `Authorization`, for an API on the host of the service.
   * Requests that change something, and those that open a WebSocket, must then come from `origins`.
   */
  readonly cookies?: boolean | undefined;
  /** Origins of pages that may send requests with cookies, beside that of the service, which is `site` of the verifier. */
  readonly origins?: readonly string[] | undefined;
  /**
   * People with any of these; with `scopes`, their keys, too. With `scopes` alone, no people, but the keys of all of them. An
   * empty list beside `scopes` lets in service accounts only.
   */
  readonly roles?: readonly Role[] | undefined;
  /** Keys and service accounts with any of these. With `roles` alone, none. People choose the scopes of their keys themselves. */
  readonly scopes?: readonly string[] | undefined;
  /** How strong the proof must be: `aal2` wants two factors or a passkey. */
  readonly acr?: 'aal1' | 'aal2' | undefined;
  /** How long ago the proof may be. */
  readonly maxAgeSeconds?: number | undefined;
}

const isTexts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string');

/** What each requirement must be, so that none is ignored: an unknown name is a mistake, such as `role` or `maxAge`. */
const FORMS: Readonly<Record<keyof Requirements, readonly [is: (value: unknown) => boolean, what: string]>> =
  {
    cookies: [(value) => typeof value === 'boolean', 'true or false'],
    origins: [isTexts, 'a list of texts'],
    roles: [isTexts, 'a list of texts'],
    scopes: [isTexts, 'a list of texts'],
    acr: [(value) => value === 'aal1' || value === 'aal2', "'aal1' or 'aal2'"],
    maxAgeSeconds: [
      (value) => Number.isFinite(value) && (value as number) >= 0,
      'a number of seconds that is not negative',
    ],
  };

/**
 * Returns the requirements of a route once they are checked, also for what the types exclude: a requirement that nothing looks at
 * would let in everybody who is signed in. Throws a `TypeError` that names the member.
 */
export function requirementsOf(requirements: Requirements): Requirements {
  if (typeof requirements !== 'object' || requirements === null || Array.isArray(requirements))
    throw new TypeError('The requirements must be an object.');
  for (const [name, value] of Object.entries(requirements)) {
    if (!Object.hasOwn(FORMS, name))
      throw new TypeError(`There is no requirement ${name}, only ${Object.keys(FORMS).join(', ')}.`);
    const [is, what] = FORMS[name as keyof Requirements];
    if (value !== undefined && !is(value)) throw new TypeError(`The requirement ${name} must be ${what}.`);
  }
  return requirements;
}

/** The challenge of a route that wants a stronger or a more recent proof (RFC 9470). */
export class StepUpRequired extends VerificationError {
  constructor(
    readonly acr: string | undefined,
    readonly maxAgeSeconds: number | undefined,
  ) {
    super('insufficient_user_authentication', 'The user must authenticate again.');
  }
}

/** A key lacks the scopes of a route (RFC 6750, section 3.1). */
export class ScopeRequired extends VerificationError {
  constructor(readonly scopes: readonly string[]) {
    super('forbidden', 'The caller is not allowed to do this.');
  }
}

/** Throws for a caller that does not meet the requirements. */
export function assertMeets(caller: Verified, requirements: Requirements, now: Date): void {
  const { roles, scopes, acr, maxAgeSeconds } = requirements;
  const { owner_roles: ownerRoles } = caller.claims;
  const isPerson = caller.sessionId !== null;
  if (isPerson && (roles ?? scopes) && !roles?.some((role) => caller.roles.includes(role)))
    throw new VerificationError('forbidden', 'The caller is not allowed to do this.');
  if (!isPerson && (scopes ?? roles) && !scopes?.some((scope) => caller.scopes.includes(scope)))
    throw new ScopeRequired(scopes ?? []);
  // The scopes of a person's key only narrow what its owner may do; a service account has no roles.
  if (roles && ownerRoles && !roles.some((role) => ownerRoles.includes(role)))
    throw new ScopeRequired(scopes ?? []);
  if (acr === undefined && maxAgeSeconds === undefined) return;
  if (!isPerson) throw new ScopeRequired([]);
  const age = now.getTime() / 1000 - (caller.claims.auth_time ?? 0);
  const isStrong = acr !== 'aal2' || caller.acr === 'aal2';
  const isRecent = maxAgeSeconds === undefined || age <= maxAgeSeconds;
  if (!isStrong || !isRecent) throw new StepUpRequired(acr, maxAgeSeconds);
}
