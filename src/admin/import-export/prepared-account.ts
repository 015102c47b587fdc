import type { StoredHash } from '../../auth/credentials/passwords/stored-hash.js';
import type { User } from '../../users/user.entity.js';
import type { NumberedRow } from './import-row.js';

/** An account that is ready to be written. */
export interface PreparedAccount {
  readonly user: User;
  readonly password: StoredHash | null;
  readonly row: NumberedRow;
}
