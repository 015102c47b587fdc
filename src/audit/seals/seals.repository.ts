import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Clock } from '../../platform/clock/clock.js';
import { ADVISORY_LOCKS } from '../../platform/database/advisory-locks.js';
import { databaseTime } from '../../platform/database/database-time.js';
import { prepared } from '../../platform/database/prepared-statements.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { type Month, monthsLater } from '../partitions/month.js';
import { POSITIONS_END } from '../entry/entries.repository.js';
import { RecordsDiscarded } from '../entry/records-discarded.js';
import type { HashedStatement, Seal, SealEnd } from './seal.js';

const END_COLUMNS = `number::float8, to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time,
  to_position::float8 AS "toPosition", encode(hash, 'hex') AS hash, encode(signature, 'hex') AS signature`;

const SEAL_COLUMNS = `format, ${END_COLUMNS}, from_position::float8 AS "fromPosition", events, calls, members, retired,
  encode(previous, 'hex') AS previous, encode(mac, 'hex') AS mac, key_change AS "keyChange"`;

/** PostgreSQL hashes the members of format 1. The root of format 2 is the stored one, which the hash covers. */
const HASHED_COLUMNS = `format, ${END_COLUMNS}, from_position::float8 AS "fromPosition", events, calls, retired,
  encode(CASE format WHEN 1 THEN sha256(members) ELSE root END, 'hex') AS proof,
  encode(previous, 'hex') AS previous, encode(mac, 'hex') AS mac, key_change AS "keyChange"`;

type HashedSeal = SealEnd & HashedStatement & { readonly mac: string };

/**
 * Selects the seals whose number and end the service can have assigned. A JavaScript number does not represent larger ones
 * exactly, so that a page that begins after such a seal would contain it again.
 */
const IN_RANGE = `seal.number >= 1 AND seal.number < ${POSITIONS_END}
  AND seal.to_position >= 0 AND seal.to_position < ${POSITIONS_END}`;

/** The time of the first entry from a position on. */
const OLDEST = prepared(`
  SELECT min(time) AS oldest FROM (
    (SELECT time FROM audit_events WHERE position >= $1 ORDER BY position LIMIT 1)
    UNION ALL
    (SELECT time FROM audit_calls WHERE position >= $1 ORDER BY position LIMIT 1)
  ) AS waiting`);

/** Reads and writes the chain of seals, which only grows at its end. */
@Injectable()
export class SealsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Acquires the sealer's lock until the transaction ends. Returns false if another instance holds it. */
  async tryLock(tx: Transaction): Promise<boolean> {
    const [row] = await tx.query<[{ locked: boolean }]>('SELECT pg_try_advisory_xact_lock($1) AS locked', [
      ADVISORY_LOCKS.seals,
    ]);
    return row.locked;
  }

  /**
   * Returns seals, genuine or not, newest first, optionally of one month, with the data that the hash covers.
   */
  async newest(
    { limit, skip, month }: { limit: number; skip: number; month?: Month | undefined },
    manager: EntityManager = this.dataSource.manager,
  ): Promise<(SealEnd & { mac: string; from: HashedStatement })[]> {
    const rows = await manager.query<HashedSeal[]>(
      `SELECT ${HASHED_COLUMNS} FROM audit_seals seal
       WHERE seal.time >= coalesce($3, '-infinity'::timestamptz) AND seal.time < coalesce($4, 'infinity'::timestamptz)
       ORDER BY seal.number DESC, seal.time DESC LIMIT $1 OFFSET $2`,
      [limit, skip, month && `${month}-01T00:00:00Z`, month && `${monthsLater(month, 1)}-01T00:00:00Z`],
    );
    return rows.map((from) => {
      const { number, time, toPosition, hash, signature, mac } = from;
      return { number, time, toPosition, hash, signature, mac, from };
    });
  }

  /** Returns seals in the valid range, genuine or not, before a number and time, newest first, with what the hash covers. */
  async linksBefore(
    { number, time }: { number: number; time: string },
    limit: number,
  ): Promise<{ number: number; time: string; from: HashedStatement }[]> {
    const rows = await this.dataSource.query<HashedSeal[]>(
      `SELECT ${HASHED_COLUMNS} FROM audit_seals seal WHERE (seal.number, seal.time) < ($1, $2::timestamptz) AND ${IN_RANGE}
       ORDER BY seal.number DESC, seal.time DESC LIMIT $3`,
      [number, time, limit],
    );
    return rows.map((from) => ({ number: from.number, time: from.time, from }));
  }

  /** Returns the time at which a transaction began, on PostgreSQL's clock. */
  async time(tx: Transaction, clock: Clock): Promise<Date> {
    const [{ time }] = await tx.query<[{ time: Date }]>(`SELECT ${databaseTime(clock, 'now()')} AS time`);
    return time;
  }

  /** Returns the time of the first entry from a position on; null if there is none. */
  async oldestFrom(position: number): Promise<Date | null> {
    const [row] = await this.dataSource.query<[{ oldest: Date | null }]>(OLDEST, [position]);
    return row.oldest;
  }

  /** Returns the number of entries in the seals of a time range; null leaves an end open. */
  async countEntries(from: Date | null, to: Date | null): Promise<number> {
    const [row] = await this.dataSource.query<[{ entries: number }]>(
      `SELECT coalesce(sum(events::bigint + calls), 0)::float8 AS entries FROM audit_seals
       WHERE time >= coalesce($1, '-infinity'::timestamptz) AND time <= coalesce($2, 'infinity'::timestamptz)`,
      [from, to],
    );
    return row.entries;
  }

  /** Returns seals in the valid range before a time, genuine or not, the newest first. */
  async before(time: Date, { limit, skip }: { limit: number; skip: number }): Promise<Seal[]> {
    return this.dataSource.query<Seal[]>(
      `SELECT ${SEAL_COLUMNS} FROM audit_seals seal WHERE seal.time < $1 AND ${IN_RANGE}
       ORDER BY seal.time DESC, seal.number DESC LIMIT $2 OFFSET $3`,
      [time, limit, skip],
    );
  }

  /**
   * Returns up to `limit` seals in the valid range, ordered by number and time: those after a number or, with a time, after
   * the seal of that number and time. Only a forged seal repeats a number.
   */
  async after(number: number, limit: number, time: string = 'infinity'): Promise<Seal[]> {
    return this.dataSource.query<Seal[]>(
      `SELECT ${SEAL_COLUMNS} FROM audit_seals seal WHERE (seal.number, seal.time) > ($1, $3::timestamptz) AND ${IN_RANGE}
       ORDER BY seal.number, seal.time LIMIT $2`,
      [number, limit, time],
    );
  }

  /** Returns the numbers of seals outside the valid range, as text, because not all are exact as JavaScript numbers. */
  async outOfRange(limit: number): Promise<string[]> {
    const found = await this.dataSource.query<{ number: string }[]>(
      `SELECT number::text FROM audit_seals seal
       WHERE seal.number < 1 OR seal.number >= $1 OR seal.to_position < 0 OR seal.to_position >= $1 LIMIT $2`,
      [POSITIONS_END, limit],
    );
    return found.map(({ number }) => number);
  }

  /** Returns seals in the valid range, genuine or not, that end after a position, ordered by their ends. */
  async endingAfter(position: number, { limit, skip }: { limit: number; skip: number }): Promise<Seal[]> {
    return this.dataSource.query<Seal[]>(
      `SELECT ${SEAL_COLUMNS} FROM audit_seals seal WHERE seal.to_position > $1 AND ${IN_RANGE}
       ORDER BY seal.to_position, seal.number, seal.time LIMIT $2 OFFSET $3`,
      [position, limit, skip],
    );
  }

  /** Returns the digests and codes of the entries with from <= position < to, in lower-case hex. */
  async codesOfEntries(
    tx: Transaction,
    from: number,
    to: number,
  ): Promise<{ readonly digest: string; readonly mac: string }[]> {
    return tx.query(
      ['audit_events', 'audit_calls']
        .map(
          (table) =>
            `SELECT encode(digest, 'hex') AS digest, encode(mac, 'hex') AS mac FROM ${table}
             WHERE position >= $1 AND position < $2`,
        )
        .join(' UNION ALL '),
      [from, to],
    );
  }

  /** Inserts a seal; `root` is that of its members. */
  async insert(tx: Transaction, seal: Seal, root: string): Promise<void> {
    const written = await tx.query<unknown[]>(
      `INSERT INTO audit_seals (number, time, from_position, to_position, events, calls, members, retired, previous,
                                hash, signature, mac, key_change, format, root)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, decode($9, 'hex'), decode($10, 'hex'), decode($11, 'hex'), decode($12, 'hex'),
               $13, $14, decode($15, 'hex'))
       RETURNING number`,
      [
        seal.number,
        seal.time,
        seal.fromPosition,
        seal.toPosition,
        seal.events,
        seal.calls,
        seal.members,
        JSON.stringify(seal.retired),
        seal.previous,
        seal.hash,
        seal.signature,
        seal.mac,
        seal.keyChange && JSON.stringify(seal.keyChange),
        seal.format,
        root,
      ],
    );
    if (written.length === 0) throw new RecordsDiscarded(1);
  }

  /** Returns the seals that change the sealing key, oldest first: one per change of the master secret. */
  async withKeyChange(manager: EntityManager = this.dataSource.manager): Promise<Seal[]> {
    return manager.query<Seal[]>(
      `SELECT ${SEAL_COLUMNS} FROM audit_seals seal WHERE key_change IS NOT NULL ORDER BY seal.number`,
    );
  }

  /** Returns the seals that record dropped partitions, oldest first; at most a few per month of retention. */
  async withDroppedPartitions(): Promise<Seal[]> {
    return this.dataSource.query<Seal[]>(
      `SELECT ${SEAL_COLUMNS} FROM audit_seals seal WHERE retired <> '[]' ORDER BY seal.number`,
    );
  }
}
