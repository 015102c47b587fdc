import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { type Month, monthsLater } from '../months/month.js';
import { NO_SEAL, type Seal } from './seal.js';

/** Any constant that no other user of advisory locks in the same database picks: the bytes of "PortSeal". */
const SEALER_LOCK = '5795977089390043500';

const SEAL_COLUMNS = `number::float8, to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time,
  from_position::float8 AS "fromPosition", to_position::float8 AS "toPosition", events, calls, members, retired,
  encode(previous, 'hex') AS previous, encode(hash, 'hex') AS hash, encode(signature, 'hex') AS signature,
  encode(mac, 'hex') AS mac`;

/** The chain of seals; it grows at its end only. */
@Injectable()
export class SealsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Becomes the one sealer until the transaction ends; false when another instance is. */
  async tryLock(tx: Transaction): Promise<boolean> {
    const [row] = await tx.query<[{ locked: boolean }]>('SELECT pg_try_advisory_xact_lock($1) AS locked', [
      SEALER_LOCK,
    ]);
    return row.locked;
  }

  async last(manager: EntityManager = this.dataSource.manager): Promise<Seal | null> {
    const [seal] = await manager.query<Seal[]>(
      `SELECT ${SEAL_COLUMNS} FROM audit_seals seal ORDER BY seal.number DESC LIMIT 1`,
    );
    return seal ?? null;
  }

  /** How many entries the seals of a time have between them; null leaves that end open. */
  async countEntries(from: Date | null, to: Date | null): Promise<number> {
    const [row] = await this.dataSource.query<[{ entries: number }]>(
      `SELECT coalesce(sum(events + calls), 0)::float8 AS entries FROM audit_seals
       WHERE time >= coalesce($1, '-infinity'::timestamptz) AND time <= coalesce($2, 'infinity'::timestamptz)`,
      [from, to],
    );
    return row.entries;
  }

  /** The last seal of a month; null when it has none. */
  async lastOf(tx: Transaction, month: Month): Promise<Pick<Seal, 'number' | 'hash'> | null> {
    const [seal] = await tx.query<Pick<Seal, 'number' | 'hash'>[]>(
      `SELECT number::float8, encode(hash, 'hex') AS hash FROM audit_seals seal
       WHERE seal.time >= $1::timestamptz AND seal.time < $2::timestamptz ORDER BY seal.number DESC LIMIT 1`,
      [`${month}-01T00:00:00Z`, `${monthsLater(month, 1)}-01T00:00:00Z`],
    );
    return seal ?? null;
  }

  /** What the first seal since a time goes on from, as that seal itself says; the end of the chain when there is none. */
  async linkBefore(time: Date): Promise<Pick<Seal, 'number' | 'hash' | 'toPosition'>> {
    const [link] = await this.dataSource.query<Pick<Seal, 'number' | 'hash' | 'toPosition'>[]>(
      `SELECT number::float8 - 1 AS number, encode(previous, 'hex') AS hash, from_position::float8 AS "toPosition"
       FROM audit_seals seal WHERE seal.time >= $1 ORDER BY seal.time, seal.number LIMIT 1`,
      [time],
    );
    return link ?? (await this.last()) ?? { number: 0, hash: NO_SEAL, toPosition: 0 };
  }

  /** Up to `limit` seals after a number, in order. */
  async after(number: number, limit: number): Promise<Seal[]> {
    return this.dataSource.query<Seal[]>(
      `SELECT ${SEAL_COLUMNS} FROM audit_seals seal WHERE seal.number > $1 ORDER BY seal.number LIMIT $2`,
      [number, limit],
    );
  }

  /** The newest seal's number, and how long the first entry that it does not cover has waited; one index probe each. */
  async progress(): Promise<{ number: number; unsealedSeconds: number }> {
    const [row] = await this.dataSource.query<[{ number: number; unsealedSeconds: number }]>(
      `WITH newest AS MATERIALIZED (
         SELECT number, to_position FROM audit_seals ORDER BY number DESC LIMIT 1
       ), sealed AS MATERIALIZED (
         SELECT coalesce((SELECT number FROM newest), 0) AS number, coalesce((SELECT to_position FROM newest), 0) AS upto
       )
       SELECT number::float8, greatest(0, coalesce(extract(epoch FROM now() - least(
         (SELECT time FROM audit_events WHERE position >= upto ORDER BY position LIMIT 1),
         (SELECT time FROM audit_calls WHERE position >= upto ORDER BY position LIMIT 1))), 0))::float8 AS "unsealedSeconds"
       FROM sealed`,
    );
    return row;
  }

  async insert(tx: Transaction, seal: Seal): Promise<void> {
    await tx.query(
      `INSERT INTO audit_seals (number, time, from_position, to_position, events, calls, members, retired, previous,
                                hash, signature, mac)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, decode($9, 'hex'), decode($10, 'hex'), decode($11, 'hex'), decode($12, 'hex'))`,
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
      ],
    );
  }

  /** The seals that state a retirement, oldest first: at most a few for each month of retention. */
  async withRetirements(): Promise<Seal[]> {
    return this.dataSource.query<Seal[]>(
      `SELECT ${SEAL_COLUMNS} FROM audit_seals seal WHERE retired <> '[]' ORDER BY seal.number`,
    );
  }
}
