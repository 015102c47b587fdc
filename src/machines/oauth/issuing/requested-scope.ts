import { Problem } from '../../../platform/errors/problem.js';
import { OAuthErrors } from '../oauth.errors.js';

/** One or more scopes, separated by single spaces (RFC 6749 section 3.3). */
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/**
 * Returns the scopes of a request that are granted, in the order of those that the client has: all of these if it asks for none
 * in particular. Throws `invalid_scope` if it asks for one that it does not have, or has none.
 */
export function grantedScopes(requested: string | undefined, has: readonly string[]): string[] {
  if (requested !== undefined && !SCOPES.test(requested)) throw new Problem(OAuthErrors.invalid_scope);
  const wanted = new Set(requested?.split(' ') ?? has);
  const granted = has.filter((scope) => wanted.has(scope));
  if (granted.length === 0 || granted.length < wanted.size) throw new Problem(OAuthErrors.invalid_scope);
  return granted;
}
