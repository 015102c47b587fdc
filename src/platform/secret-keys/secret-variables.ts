import type { Environment } from '../config/environment.js';
import { keyIdOf } from '../crypto/key-id.js';
import type { SecretVariable } from '../crypto/secret-dependants.js';

/** The configured secrets. */
export type ConfiguredSecrets = Pick<Environment, SecretVariable | `${SecretVariable}_PREVIOUS`>;

/** Returns the values of a variable, the newest first. */
export function valuesOf(secrets: ConfiguredSecrets, variable: SecretVariable): string[] {
  return [secrets[variable], ...secrets[`${variable}_PREVIOUS`]];
}

/** Returns the key ids of a variable's values, the newest first. */
export function knownIds(secrets: ConfiguredSecrets, variable: SecretVariable): string[] {
  return valuesOf(secrets, variable).map(keyIdOf);
}

/** Returns the newest of the own secrets that every other instance knows, too; null if there is none. */
export function newestKnownToAll(
  own: readonly string[],
  others: readonly (readonly string[])[],
): string | null {
  return own.find((id) => others.every((known) => known.includes(id))) ?? null;
}
