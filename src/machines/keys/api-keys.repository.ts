import { Injectable } from '@nestjs/common';
import { DataSource, type FindOptionsWhere, IsNull, MoreThan, MoreThanOrEqual } from 'typeorm';
import { Clock } from '../../platform/clock/clock.js';
import { databaseTime } from '../../platform/database/database-time.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { LatestTime } from '../../platform/memory/latest-times.js';
import { ApiKey } from './api-key.entity.js';
import { type KeyOwner, keysOf } from './key-owner.js';

/** An active key that gets an access token. */
export interface IssuingKey {
  readonly key: ApiKey;
  /** PostgreSQL's time. */
  readonly time: Date;
}

/** A key whose tokens issued up to a second are void. */
export interface VoidedKey {
  readonly id: string;
  readonly reducedAt: Date;
}

/** A key and whose it is. */
export type OwnedKey = Pick<ApiKey, 'id' | 'userId' | 'serviceAccountId'>;

/** Selects keys of an owner: one, those made since a time, or all. */
export type KeySelector = { readonly id?: string; readonly since?: Date };

const active = (owner: KeyOwner, now: Date): FindOptionsWhere<ApiKey> => ({
  ...keysOf(owner),
  revokedAt: IsNull(),
  expiresAt: MoreThan(now),
});

const madeWith = (secretId: string, now: Date): FindOptionsWhere<ApiKey> => ({
  secretId,
  revokedAt: IsNull(),
  expiresAt: MoreThan(now),
});

/** All SQL statements on API keys but those of `KeyLookUpRepository` and of the schedules. */
@Injectable()
export class ApiKeysRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async insert(tx: Transaction, key: ApiKey): Promise<void> {
    await tx.insert(ApiKey, key);
  }

  /**
   * Returns an active key and PostgreSQL's time; null if there is none. The caller has locked the owner's row, so the key is
   * not reduced before the transaction ends.
   */
  async findIssuing(tx: Transaction, owner: KeyOwner, id: string, now: Date): Promise<IssuingKey | null> {
    const time = databaseTime(this.clock, 'clock_timestamp()');
    const key = await this.findOne(tx, owner, id, now);
    if (!key) return null;
    const [row] = await tx.query<[{ time: Date }]>(`SELECT (${time})::timestamptz(3) AS time`);
    return { key, time: row.time };
  }

  /** Returns the active keys of an owner, newest first. */
  async findLiving(owner: KeyOwner, now: Date): Promise<ApiKey[]> {
    return onDatabase(() =>
      this.dataSource.manager.find(ApiKey, { where: active(owner, now), order: { id: 'DESC' } }),
    );
  }

  /** Returns the ids of the active keys of an owner. */
  async livingIds(tx: Transaction, owner: KeyOwner, now: Date): Promise<string[]> {
    const keys = await tx.find(ApiKey, { where: active(owner, now), select: { id: true } });
    return keys.map(({ id }) => id);
  }

  /** Returns an active key of an owner; null if there is none. */
  async findOne(tx: Transaction, owner: KeyOwner, id: string, now: Date): Promise<ApiKey | null> {
    return tx.findOneBy(ApiKey, { id, ...active(owner, now) });
  }

  async countLiving(owner: KeyOwner, now: Date, tx: Transaction = this.dataSource.manager): Promise<number> {
    return onDatabase(() => tx.countBy(ApiKey, active(owner, now)));
  }

  /**
   * Names the successor of an active key and brings its end forward. Returns false if it has one already or is not active: of
   * concurrent rotations, one succeeds.
   */
  async succeed(tx: Transaction, id: string, successorId: string, endsAt: Date, now: Date): Promise<boolean> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(ApiKey)
      .set({ successorId, expiresAt: () => 'least(expires_at, :endsAt)' })
      .where('id = :id AND successor_id IS NULL AND revoked_at IS NULL AND expires_at > :now')
      .setParameters({ id, endsAt, now })
      .execute();
    return affected === 1;
  }

  /** Revokes active keys of an owner; returns those that this call revoked. */
  async revoke(tx: Transaction, owner: KeyOwner, { id, since }: KeySelector, now: Date): Promise<ApiKey[]> {
    const { raw } = await tx
      .createQueryBuilder()
      .update(ApiKey)
      .set({ revokedAt: now })
      .where({
        ...active(owner, now),
        ...(id !== undefined && { id }),
        ...(since && { createdAt: MoreThanOrEqual(since) }),
      })
      .returning('id, name, hint, expires_at AS "expiresAt"')
      .execute();
    return raw as ApiKey[];
  }

  /**
   * Voids the access tokens and assertions of keys; returns up to when, on PostgreSQL's clock: a second from now, because
   * until then another instance may make assertions without knowing. A token after a reduction is of a later second, so a second
   * reduction voids that later second, too. With `issuedAt`, Unix seconds, the tokens of that second are void even if
   * the clock has been set back since; keys are left out of which they are already.
   */
  async reduce(tx: Transaction, ids: readonly string[], issuedAt: number | null): Promise<VoidedKey[]> {
    const time = databaseTime(this.clock, 'clock_timestamp()');
    const [rows] = await tx.query<[VoidedKey[], number]>(
      `UPDATE api_keys SET reduced_at =
         greatest(greatest((${time})::timestamptz(3), date_trunc('second', reduced_at)) + interval '1 second', to_timestamp($2))
       WHERE id = ANY($1) AND ($2::bigint IS NULL OR reduced_at IS NULL OR reduced_at < to_timestamp($2))
       RETURNING id, reduced_at AS "reducedAt"`,
      [ids, issuedAt],
    );
    return rows;
  }

  /** Returns how many active keys have a digest that depends on a master secret. */
  async countMadeWith(secretId: string, now: Date): Promise<number> {
    return onDatabase(() => this.dataSource.manager.countBy(ApiKey, madeWith(secretId, now)));
  }

  /** Revokes the active keys whose digests depend on a master secret; returns those that this call revoked. */
  async revokeMadeWith(tx: Transaction, secretId: string, now: Date): Promise<OwnedKey[]> {
    const { raw } = await tx
      .createQueryBuilder()
      .update(ApiKey)
      .set({ revokedAt: now })
      .where(madeWith(secretId, now))
      .returning('id, user_id AS "userId", service_account_id AS "serviceAccountId"')
      .execute();
    return raw as OwnedKey[];
  }

  /** Stores when keys were last used, and nothing else, so that no concurrent change is undone. Rows in use are skipped. */
  async noteUsed(used: readonly LatestTime[]): Promise<void> {
    await this.dataSource.query(
      `UPDATE api_keys SET last_used_at = greatest(last_used_at, noted.at) FROM (
         SELECT id, at FROM api_keys JOIN unnest($1::uuid[], $2::timestamptz[]) AS used (id, at) USING (id)
         FOR NO KEY UPDATE OF api_keys SKIP LOCKED) AS noted
       WHERE api_keys.id = noted.id`,
      [used.map(([id]) => id), used.map(([, ms]) => new Date(ms))],
    );
  }
}
