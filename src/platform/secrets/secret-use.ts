import type { Transaction } from '../database/transaction-runner.js';
import type { RegisteredPurpose } from './secret-purposes.js';
import type { SecretPayload } from './secret-seal.js';

/** The current state of the account, compared with the state to which the secret was bound. */
export interface CredentialState {
  readonly fingerprint: string;
  /** Keyed digest of the account's e-mail address; null for secrets sent to another address. */
  readonly emailDigest: string | null;
}

/**
 * Reads the account in the spending transaction, under a lock that prevents changes to its credentials until the
 * commit. Called with null for an unknown token, in which case it must perform the same steps.
 */
export type ReadState = (tx: Transaction, subject: string | null) => Promise<CredentialState | null>;

/** The parameters for spending a token. */
export interface TokenUse {
  readonly purpose: RegisteredPurpose;
  readonly token: string;
  readonly context: string | null;
  /** If absent, only secrets that are not bound to a state can be spent. */
  readonly state?: ReadState;
}

/** The subject and the context of an attempt at a code. */
export interface CodeUse {
  readonly purpose: RegisteredPurpose;
  readonly subject: string;
  readonly context: string | null;
}

/** A counted attempt, with the secrets whose code may be checked once. */
export interface CodeAttempt extends CodeUse {
  readonly ids: readonly string[];
}

/** Whether a secret could still be spent; if not, whether its time is over, or it was used, replaced or removed before. */
export type SecretValidity = 'live' | 'expired' | 'gone';

/** The contents of a valid secret. */
export interface ValidSecret {
  readonly id: string;
  readonly subject: string | null;
  readonly emailDigest: string | null;
  readonly context: string | null;
  readonly payload: SecretPayload | null;
  readonly issuedAt: Date;
}
