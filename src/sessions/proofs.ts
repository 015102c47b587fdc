import type { Transaction } from '../platform/database/transaction-runner.js';
import type { GuessingAttempt } from '../rate-limit/guessing/account-guessing.js';

/** How sure the service is of a session's user: by one factor, or by two (NIST SP 800-63B-4). */
export type AssuranceLevel = 'aal1' | 'aal2';

/** The methods of RFC 8176 that a session can name: password, one-time code, possession of a key, user verification. */
export type AuthenticationMethod = 'pwd' | 'otp' | 'pop' | 'user' | 'mfa';

interface ProofOf<M extends AuthenticationMethod> {
  readonly method: M;
  /**
   * Whether what was proven is still so, asked under the lock of the account: a credential can be replaced while its
   * hash is compared (CWE-367).
   */
  readonly stillHolds: (tx: Transaction) => Promise<boolean>;
}

/**
 * A password or a typed code. It can be guessed, so it carries the attempt that was counted before it was looked at:
 * a path that does not count cannot make one.
 */
export interface GuessableProof extends ProofOf<'pwd' | 'otp'> {
  readonly attempt: GuessingAttempt;
}

/** A signature by a registered key. */
export interface PossessionProof extends ProofOf<'pop'> {
  /** Whether the authenticator has verified its user. */
  readonly userVerified: boolean;
}

/** A factor that was proven just now. */
export type Proof = GuessableProof | PossessionProof;

/** What a set of proofs amounts to, as tokens and sessions state it. */
export interface Assurance {
  readonly amr: AuthenticationMethod[];
  readonly acr: AssuranceLevel;
}

/**
 * What a session amounts to with these proofs beside the methods that it holds already. Two different factors are `aal2`,
 * and so is a key whose authenticator has verified its user.
 */
export function assuranceOf(proofs: readonly Proof[], held: readonly AuthenticationMethod[] = []): Assurance {
  const methods = new Set<AuthenticationMethod>([
    ...held.filter((method) => method !== 'user' && method !== 'mfa'),
    ...proofs.map(({ method }) => method),
  ]);
  const several = methods.size > 1;
  const verified =
    held.includes('user') || proofs.some((proof) => proof.method === 'pop' && proof.userVerified);
  if (verified) methods.add('user');
  if (several) methods.add('mfa');
  return { amr: [...methods], acr: several || verified ? 'aal2' : 'aal1' };
}
