import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { ADVISORY_LOCKS } from '../../platform/database/advisory-locks.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { SigningKey } from './signing-key.entity.js';

/** All SQL statements on signing keys. */
@Injectable()
export class SigningKeysRepository {
  constructor(@InjectRepository(SigningKey) private readonly keys: Repository<SigningKey>) {}

  /** All keys, latest start time first. */
  async all(tx?: Transaction): Promise<SigningKey[]> {
    const keys = tx?.getRepository(SigningKey) ?? this.keys;
    return onDatabase(() => keys.find({ order: { signsFrom: 'DESC', createdAt: 'DESC' } }));
  }

  /** Takes the lock under which one instance at a time adds or deletes keys; held until the transaction ends. */
  async lock(tx: Transaction): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.signingKeys]);
  }

  /**
   * Returns whether a live session has an access token that is valid at `now` and that expires more than `lifeSeconds` after its
   * last rotation. One token is missed: that which a session has replaced by a newer one that expires after it.
   */
  async hasLongerLived(lifeSeconds: number, now: Date): Promise<boolean> {
    const [row] = await onDatabase(() =>
      this.keys.query<[{ found: boolean }]>(
        `SELECT EXISTS (
           SELECT FROM sessions WHERE revoked_at IS NULL AND tokens_expire_at > $1
             AND tokens_expire_at > rotated_at + make_interval(secs => $2)) AS found`,
        [now, lifeSeconds],
      ),
    );
    return row.found;
  }

  async insert(tx: Transaction, key: SigningKey): Promise<void> {
    await tx.insert(SigningKey, key as never);
  }

  async makeSignFrom(
    tx: Transaction,
    { kid, signsFrom, mac }: Pick<SigningKey, 'kid' | 'signsFrom' | 'mac'>,
  ): Promise<void> {
    await tx.update(SigningKey, { kid }, { signsFrom, mac });
  }

  async rewrite(
    tx: Transaction,
    { kid, ...written }: Pick<SigningKey, 'kid' | 'sealedPrivateKey' | 'sealedWith' | 'mac'>,
  ): Promise<void> {
    await tx.update(SigningKey, { kid }, written);
  }

  async delete(tx: Transaction, kids: readonly string[]): Promise<void> {
    if (kids.length > 0) await tx.delete(SigningKey, { kid: In([...kids]) });
  }
}
