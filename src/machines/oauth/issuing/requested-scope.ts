import { Problem } from '../../../platform/errors/problem.js';
import { OAuthErrors } from '../oauth.errors.js';

/** One or more scopes, separated by single spaces (RFC 6749 section 3.3). */
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/**
 * Returns the scopes that a request asks for, each once: all that the client has if it asks for none in particular. Throws
 * `invalid_scope` if the parameter is malformed.
 */
export function requestedScopes(requested: string | undefined, has: readonly string[]): string[] {
  if (requested !== undefined && !SCOPES.test(requested)) throw new Problem(OAuthErrors.invalid_scope);
  return [...new Set(requested?.split(' ') ?? has)];
}
