import type { RegisteredPurpose } from './secret-purposes.js';
import type { SecretPayload } from './secret-seal.js';

/** The parameters of a new secret. */
export interface NewSecret {
  readonly purpose: RegisteredPurpose;
  /** The user's id; null if it is not known yet. */
  readonly subject: string | null;
  /** Keyed digest of the address to which the secret is sent; null if it is not sent. */
  readonly emailDigest: string | null;
  /** Fingerprint of the account's credentials; null for a secret that later changes must not invalidate. */
  readonly fingerprint: string | null;
  /**
   * The only session or client that may spend the secret; null if any may. For a secret with a code, this restricts only
   * the code, because a link is opened wherever the mail is read.
   */
  readonly context: string | null;
  readonly payload: SecretPayload | null;
  readonly lifetimeMs: number;
  /** The time of issue; the service's clock by default. For secrets whose order must not depend on the clocks of instances. */
  readonly issuedAt?: Date;
  /**
   * Whether it replaces the unused secret of the same purpose and subject that was also issued with true. One issued with
   * false neither replaces another nor is replaced, so that, for example, a link sent at the instigation of a stranger
   * does not invalidate the one that the owner requested.
   */
  readonly replaces: boolean;
  /** Requests a code in addition to the token. Either of them spends the secret. */
  readonly code?: { readonly lifetimeMs: number };
}

/** A secret to be sent. It exists in clear text only until then. */
export interface IssuedSecret {
  readonly id: string;
  readonly token: string;
  /** Eight characters; null if none was requested. */
  readonly code: string | null;
  readonly expiresAt: Date;
}
