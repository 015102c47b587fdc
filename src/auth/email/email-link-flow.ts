import type { SessionPrincipal } from '../../platform/access/principal.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { RegisteredPurpose } from '../../platform/secrets/secret-purposes.js';
import type { User } from '../../users/user.entity.js';
import type { SpentSecret } from '../account-secrets.js';

/** How an address was verified. */
export interface ProofOfEmail {
  readonly by: 'link' | 'code';
  /** The session in which it was verified; null if the password was sent with the link. */
  readonly session: Pick<SessionPrincipal, 'userId' | 'sessionId'> | null;
  readonly origin: Origin;
}

/** What `POST /auth/email/verify` can complete: the verification of an account's address, or a change of address. */
export interface EmailLinkFlow {
  readonly purpose: RegisteredPurpose;
  /** Returns the changed account. Throws `invalid_link` or `invalid_code` if the address has been taken in the meantime. */
  complete(tx: Transaction, spent: SpentSecret, proof: ProofOfEmail): Promise<User>;
}
