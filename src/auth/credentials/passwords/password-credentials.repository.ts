import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import { onDatabase } from '../../../platform/database/database-problem.js';
import { entityColumns, entityFrom } from '../../../platform/database/entity-columns.js';
import { prepared } from '../../../platform/database/prepared-statements.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import { User } from '../../../users/user.entity.js';
import { PasswordCredential } from './password-credential.entity.js';
import { FOREIGN_HASH, JOINED_HASH, type StoredHash, storedHash } from './stored-hash.js';

/** A user with the password hash to compare (see `stored-hash.ts`), which is null if the user has no password. */
export interface UserWithHash {
  readonly user: User;
  readonly hash: string | null;
}

const HAS_HASH = prepared(`SELECT EXISTS (SELECT FROM password_credentials
  WHERE user_id = $1 AND hash = $2 AND pepper_id IS NOT DISTINCT FROM $3) AS holds`);

/** Whether a hash needs a pepper; hashes of other systems need none. */
const MADE_WITH = `hash NOT LIKE '${FOREIGN_HASH}%' AND coalesce(pepper_id, (SELECT secret.key_id
  FROM secrets_in_use AS secret WHERE variable = 'PASSWORD_PEPPER' ORDER BY since LIMIT 1)) = $1`;

/** All SQL statements on passwords. */
@Injectable()
export class PasswordCredentialsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns the user with an address and their password hash, in one statement; null if no account has the address. */
  async findByEmail(email: string): Promise<UserWithHash | null> {
    return this.find('email', email);
  }

  /** Returns the same by the user's id. */
  async findByUserId(userId: string): Promise<UserWithHash | null> {
    return this.find('id', userId);
  }

  /** Whether a user has a password. */
  async exists(userId: string, tx: Transaction = this.dataSource.manager): Promise<boolean> {
    return onDatabase(() => tx.existsBy(PasswordCredential, { userId }));
  }

  /** Whether a user's password still has this hash. */
  async hasHash(tx: Transaction, userId: string, hash: string): Promise<boolean> {
    const { hash: stored, pepperId } = storedHash(hash);
    const [row] = await tx.query<[{ holds: boolean }]>(HAS_HASH, [userId, stored, pepperId]);
    return row.holds;
  }

  /** Sets the password of a user, replacing any other. */
  async save(tx: Transaction, credential: PasswordCredential): Promise<void> {
    await tx.upsert(PasswordCredential, credential, ['userId']);
  }

  /** Stores the first password of a user; does nothing if the user does not exist. */
  async insertIfUserExists(
    tx: Transaction,
    { userId, hash, pepperId, changedAt }: PasswordCredential,
  ): Promise<void> {
    await tx.query(
      `INSERT INTO password_credentials (user_id, hash, pepper_id, changed_at)
       SELECT id, $2, $3, $4 FROM users WHERE id = $1`,
      [userId, hash, pepperId, changedAt],
    );
  }

  /** Takes a user's password away; no password matches until a new one is set. */
  async delete(tx: Transaction, userId: string): Promise<void> {
    await tx.delete(PasswordCredential, { userId });
  }

  /** Replaces a hash by another of the same password; returns whether the password still had it. */
  async rehash(tx: Transaction, userId: string, from: StoredHash, to: StoredHash): Promise<boolean> {
    const { hash, pepperId } = to;
    const stored = { userId, hash: from.hash, pepperId: from.pepperId ?? IsNull() };
    const { affected } = await tx.update(PasswordCredential, stored, { hash, pepperId });
    return affected === 1;
  }

  /** Stores the passwords of new accounts. */
  async insertAll(tx: Transaction, credentials: readonly PasswordCredential[]): Promise<void> {
    if (credentials.length > 0) await tx.insert(PasswordCredential, [...credentials]);
  }

  /** Returns how many hashes need a pepper. Hashes of the first versions name none: it is the oldest. */
  async countMadeWith(pepperId: string): Promise<number> {
    const [row] = await onDatabase(() =>
      this.dataSource.query<[{ count: number }]>(
        `SELECT count(*)::int AS count FROM password_credentials WHERE ${MADE_WITH}`,
        [pepperId],
      ),
    );
    return row.count;
  }

  /** Deletes the passwords that {@link countMadeWith} counts. */
  async deleteMadeWith(tx: Transaction, pepperId: string): Promise<void> {
    await tx.query(`DELETE FROM password_credentials WHERE ${MADE_WITH}`, [pepperId]);
  }

  private async find(by: 'email' | 'id', value: string): Promise<UserWithHash | null> {
    const text = prepared(
      `SELECT ${entityColumns(this.dataSource, User, 'owner')}, ${JOINED_HASH} AS hash FROM users AS owner
       LEFT JOIN password_credentials AS credential ON credential.user_id = owner.id WHERE owner.${by} = $1`,
    );
    const [row] = await onDatabase(() =>
      this.dataSource.query<(Record<string, unknown> & { hash: string | null })[]>(text, [value]),
    );
    return row ? { user: entityFrom(row, User, 'owner'), hash: row.hash } : null;
  }
}
