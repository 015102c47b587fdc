import type { Transaction } from '../platform/database/transaction-runner.js';
import type { GuessingAttempt } from '../rate-limit/guessing/account-guessing.js';

/** Authentication assurance level of a session: one factor, or two (NIST SP 800-63B-4). */
export type AssuranceLevel = 'aal1' | 'aal2';

/** Methods of RFC 8176 that a session can have: password, one-time code, possession of a key, user verification. */
export type AuthenticationMethod = 'pwd' | 'otp' | 'pop' | 'user' | 'mfa';

interface ProofOf<M extends AuthenticationMethod> {
  readonly method: M;
  /**
   * Whether the proof is still valid, checked under the lock of the account: a credential can be replaced while its
   * hash is compared (CWE-367).
   */
  readonly stillHolds: (tx: Transaction) => Promise<boolean>;
}

/**
 * A password. It can be guessed, so it contains the attempt that was counted before the check; code that does not count
 * attempts cannot create such a proof.
 */
export interface PasswordProof extends ProofOf<'pwd'> {
  readonly attempt: GuessingAttempt;
}

/** A typed code, which can be guessed like a password. */
export interface CodeProof extends ProofOf<'otp'> {
  readonly attempt: GuessingAttempt;
  /** See {@link ProvenState}. */
  readonly factor: string;
}

/** A signature by a registered key. */
export interface PossessionProof extends ProofOf<'pop'> {
  /** See {@link ProvenState}. */
  readonly factor: string;
  /** Whether the authenticator verified its user. */
  readonly userVerified: boolean;
}

/** A factor that was proven just now. */
export type Proof = PasswordProof | CodeProof | PossessionProof;

/** The members of a proof that decide its level. They are known from the credential, before it has been proven. */
export type ProvenFactor =
  | Pick<PasswordProof, 'method'>
  | Pick<CodeProof, 'method' | 'factor'>
  | Pick<PossessionProof, 'method' | 'factor' | 'userVerified'>;

/** The result of a set of proofs, as stored in sessions and stated in tokens. */
export interface Assurance {
  readonly amr: AuthenticationMethod[];
  readonly acr: AssuranceLevel;
}

/** What a session stores about its proofs. */
export interface ProvenState extends Assurance {
  /** The second factors that were proven: the ids of registered ones, or a fixed word for recovery codes. */
  readonly factors: string[];
}

/**
 * The assurance of a session with these proofs in addition to the methods that it already has. Two different factors
 * are `aal2`, and so is a key whose authenticator verified its user.
 */
export function assuranceOf(
  proofs: readonly ProvenFactor[],
  held: readonly AuthenticationMethod[] = [],
): Assurance {
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

/** What a session stores once these proofs are added to those that it has. */
export function provenState(
  proofs: readonly ProvenFactor[],
  held: Pick<ProvenState, 'amr' | 'factors'> = { amr: [], factors: [] },
): ProvenState {
  const added = proofs.flatMap((proof) => (proof.method === 'pwd' ? [] : proof.factor));
  return { ...assuranceOf(proofs, held.amr), factors: [...new Set([...held.factors, ...added])] };
}
