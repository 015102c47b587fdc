import type { SessionPrincipal } from '../../platform/access/principal.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { RegisteredPurpose } from '../../platform/secrets/secret-purposes.js';
import type { User } from '../../users/user.entity.js';
import type { SpentSecret } from '../account-secrets.js';

/** How somebody proved that an address is theirs. */
export interface ProofOfAddress {
  readonly by: 'link' | 'code';
  /** The session in which it was done; null where the password was given with the link. */
  readonly session: Pick<SessionPrincipal, 'userId' | 'sessionId'> | null;
  readonly origin: Origin;
}

/** What `POST /auth/email/verify` can finish: the proof of an account's address, or the change to another. */
export interface AddressFlow {
  readonly purpose: RegisteredPurpose;
  /** Returns the account as it is afterwards. Throws `invalid_link` or `invalid_code` where the address has been taken meanwhile. */
  complete(tx: Transaction, spent: SpentSecret, proof: ProofOfAddress): Promise<User>;
}
