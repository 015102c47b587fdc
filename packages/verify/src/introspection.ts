import type { Claims } from './claims.js';
import { VerificationError } from './verification-error.js';

/** How long the service may take to answer, milliseconds. */
const TIMEOUT_MS = 2000;

/**
 * Asks the service about a token (RFC 7662). Resolves with what it says of an active one, and with null for one that is
 * not. Rejects with `verification_unavailable` where it does not answer.
 */
export async function introspect(url: string, key: string, token: string): Promise<Claims | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, accept: 'application/json' },
      body: new URLSearchParams({ token }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`The introspection was answered with status ${response.status}.`);
    const answer = (await response.json()) as { active?: unknown };
    if (typeof answer.active !== 'boolean') throw new Error('The introspection was not answered.');
    return answer.active ? (answer as unknown as Claims) : null;
  } catch (cause) {
    throw new VerificationError('verification_unavailable', 'The service cannot be asked.', { cause });
  }
}
