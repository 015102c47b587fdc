import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../clock/clock.js';
import type { SecretInUse, SecretVariable } from '../crypto/secret-dependants.js';
import { ADVISORY_LOCKS } from '../database/advisory-locks.js';
import { databaseTime } from '../database/database-time.js';
import { onDatabase } from '../database/database-problem.js';
import type { Transaction } from '../database/transaction-runner.js';

/** An instance that has announced itself is forgotten when it has been silent for this long. */
const FORGOTTEN_AFTER_SECONDS = 60;

/** What one instance says about one variable. */
export interface Announcement {
  readonly instance: string;
  readonly variable: SecretVariable;
  /** The key ids of the values that it knows, the newest first. */
  readonly known: readonly string[];
}

/** All SQL statements on the secrets in use and on the instances that know them. Times are PostgreSQL's. */
@Injectable()
export class SecretKeysRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Takes the lock under which secrets come into use and instances start; held until the transaction ends. */
  async lock(tx: Transaction): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.secrets]);
  }

  /** Stores what an instance knows, and deletes what silent instances have announced. */
  async announce(tx: Transaction, { instance, variable, known }: Announcement): Promise<void> {
    await tx.query(
      `DELETE FROM secret_announcements WHERE seen_at < ${this.instant} - make_interval(secs => $1)`,
      [FORGOTTEN_AFTER_SECONDS],
    );
    await tx.query(
      `INSERT INTO secret_announcements (instance, variable, known, seen_at) VALUES ($1, $2, $3, ${this.instant})
       ON CONFLICT (instance, variable) DO UPDATE SET known = excluded.known, seen_at = excluded.seen_at`,
      [instance, variable, known],
    );
  }

  /** Returns what the other instances know of a variable. */
  async knownToOthers(tx: Transaction, { instance, variable }: Announcement): Promise<string[][]> {
    const rows = await tx.query<{ known: string[] }[]>(
      'SELECT known FROM secret_announcements WHERE variable = $1 AND instance <> $2',
      [variable, instance],
    );
    return rows.map(({ known }) => known);
  }

  /** Removes what an instance has announced. */
  async withdraw(instance: string): Promise<void> {
    await onDatabase(() =>
      this.dataSource.query('DELETE FROM secret_announcements WHERE instance = $1', [instance]),
    );
  }

  /** Records that values are made, or may exist, with a secret. */
  async use(tx: Transaction, variable: SecretVariable, keyId: string): Promise<void> {
    await tx.query(
      `INSERT INTO secrets_in_use (variable, key_id, since, last_made_at) VALUES ($1, $2, ${this.instant}, ${this.instant})
       ON CONFLICT (variable, key_id) DO UPDATE SET last_made_at = excluded.last_made_at`,
      [variable, keyId],
    );
  }

  /** Records that imported values depend on a secret with which this installation has made none. */
  async depend(tx: Transaction, variable: SecretVariable, keyId: string): Promise<void> {
    await tx.query(
      `INSERT INTO secrets_in_use (variable, key_id, since, last_made_at) VALUES ($1, $2, ${this.instant}, 'epoch')
       ON CONFLICT (variable, key_id) DO NOTHING`,
      [variable, keyId],
    );
  }

  /** Returns the secrets in use, the oldest first. */
  async inUse(manager: Transaction = this.dataSource.manager): Promise<SecretInUse[]> {
    return onDatabase(() =>
      manager.query<SecretInUse[]>(
        `SELECT variable, key_id AS "keyId", since, last_made_at AS "lastMadeAt",
           last_made_at < ${this.instant} - make_interval(secs => $1) AS "isSettled"
         FROM secrets_in_use ORDER BY variable, since, key_id`,
        [FORGOTTEN_AFTER_SECONDS],
      ),
    );
  }

  /** Records that nothing depends on a secret any more. */
  async release(
    tx: Transaction,
    { variable, keyId }: Pick<SecretInUse, 'variable' | 'keyId'>,
  ): Promise<void> {
    await tx.query('DELETE FROM secrets_in_use WHERE variable = $1 AND key_id = $2', [variable, keyId]);
  }

  /** Stores the key of a naming purpose unless there is one; returns the stored one. Both are encrypted. */
  async namingKey(tx: Transaction, purpose: string, sealed: Buffer): Promise<Buffer> {
    await tx.query(
      'INSERT INTO naming_keys (purpose, sealed) VALUES ($1, $2) ON CONFLICT (purpose) DO NOTHING',
      [purpose, sealed],
    );
    const [row] = await tx.query<[{ sealed: Buffer }]>('SELECT sealed FROM naming_keys WHERE purpose = $1', [
      purpose,
    ]);
    return row.sealed;
  }

  private get instant(): string {
    return databaseTime(this.clock, 'now()');
  }
}
