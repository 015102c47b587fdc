import type { SecretInUse, SecretVariable } from '../crypto/secret-dependants.js';

/** Returns a sentence for each secret in use that is configured in none of its variables. */
export function missingSecrets(
  knownIds: (variable: SecretVariable) => readonly string[],
  inUse: readonly Pick<SecretInUse, 'variable' | 'keyId'>[],
): string[] {
  return inUse
    .filter(({ variable, keyId }) => !knownIds(variable).includes(keyId))
    .map(
      ({ variable, keyId }) =>
        `${variable} lacks the secret with the key id ${keyId}, on which stored data depends; ` +
        `restore it, or name it in ${variable}_PREVIOUS`,
    );
}
