import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Clock } from '../../platform/clock/clock.js';
import { databaseTime } from '../../platform/database/database-time.js';
import { prepared } from '../../platform/database/prepared-statements.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { AuditEntry } from '../audit-entry.js';
import { timeOfEntry } from './entry-id.js';
import { CALL_COLUMNS, CALL_PROOF_COLUMNS, EVENT_COLUMNS, EVENT_PROOF_COLUMNS } from './entry-columns.js';
import type { EntryProof } from './sealed-form.js';

/** An entry and the additional columns of its table. */
export interface StoredEntry extends AuditEntry, EntryProof {
  readonly position: number;
  /** The digest stored with the entry, from which the seal copies it; lower-case hex. */
  readonly digest: string;
  /** The authentication code stored with the entry; lower-case hex. */
  readonly mac: string;
}

/** The entries to be sealed, packed as described in `members.ts`, and the position below which they are complete. */
export interface FinalEntries {
  readonly events: number;
  readonly calls: number;
  readonly members: Buffer;
  readonly toPosition: number;
  /** Whether more entries are final. */
  readonly more: boolean;
}

/** A half-open range of positions, and how many entries to read at a time. */
export interface PositionRange {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/** Entries in order, and the position below which they are complete. */
export interface EntryPage {
  readonly entries: StoredEntry[];
  readonly end: number;
}

/**
 * Selects the first final entries of both tables: up to the limit from each, plus those that share the last position.
 * If one table is cut off, the other ends at the same position. PostgreSQL packs them, so sealing costs the service
 * nothing per entry. A digest of another length than SHA-256 has, which only an inserted row can have, is hashed: it would
 * shift the members after it, and so ruin the proofs of other entries.
 */
const FINAL = `
  WITH event AS MATERIALIZED (
    SELECT position, id, digest FROM audit_events WHERE position >= $1
    ORDER BY position FETCH FIRST $2 ROWS WITH TIES
  ), call AS MATERIALIZED (
    SELECT position, id, digest FROM audit_calls WHERE position >= $1
    ORDER BY position FETCH FIRST $2 ROWS WITH TIES
  ), bound AS MATERIALIZED (
    SELECT horizon, least(horizon, (SELECT max(position) + 1 FROM event HAVING count(*) >= $2),
                                   (SELECT max(position) + 1 FROM call HAVING count(*) >= $2)) AS "end"
    FROM audit_horizon() AS horizon
  ), member AS (
    SELECT 0 AS place, event.* FROM event, bound WHERE position < "end"
    UNION ALL SELECT 1, call.* FROM call, bound WHERE position < "end"
  )
  SELECT count(*) FILTER (WHERE place = 0)::float8 AS events, count(*) FILTER (WHERE place = 1)::float8 AS calls,
         coalesce(string_agg(
           uuid_send(id) || CASE octet_length(digest) WHEN 32 THEN digest ELSE sha256(digest) END,
           ''::bytea ORDER BY place, position, id), '') AS members,
         (SELECT "end" FROM bound)::float8 AS "toPosition", (SELECT "end" < horizon FROM bound) AS more
  FROM member`;

/** Prepared because every instance asks several times a second. */
const HORIZON = prepared('SELECT audit_horizon()::float8 AS horizon');

/**
 * Every instance asks twice a second, and planning takes several times as long as reading the last entry of the index of
 * each partition. EXISTS must not be prepared: a plan for any position expects to find an entry soon, and so reads tables
 * from end to end.
 */
const EXIST_FROM = prepared(
  `SELECT coalesce((SELECT max(position) FROM audit_events) >= $1, false)
       OR coalesce((SELECT max(position) FROM audit_calls) >= $1, false) AS exist`,
);

/**
 * The upper bound of positions. A JavaScript number does not represent larger ones exactly, and the tables reject
 * them.
 */
export const POSITIONS_END = 2 ** 53;

const COLUMNS = {
  audit_events: `${EVENT_COLUMNS}, ${EVENT_PROOF_COLUMNS}`,
  audit_calls: `${CALL_COLUMNS}, ${CALL_PROOF_COLUMNS}`,
};

/** The tables that contain entries. */
export type EntryTable = keyof typeof COLUMNS;

/** Reads entries in the order of their positions, which is the order in which they are sealed. */
@Injectable()
export class EntriesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Returns the position below which no entry can be added any more, because no transaction that could do so is still
   * open.
   */
  async horizon(manager: EntityManager = this.dataSource.manager): Promise<number> {
    const [row] = await manager.query<[{ horizon: number }]>(HORIZON);
    return row.horizon;
  }

  /** Returns the position of an entry, or null if there is no entry with that id. */
  async positionOf(id: string): Promise<number | null> {
    const [row] = await this.dataSource.query<{ position: number }[]>(
      `SELECT position::float8 FROM audit_events WHERE time = $1 AND id = $2
       UNION ALL SELECT position::float8 FROM audit_calls WHERE time = $1 AND id = $2`,
      [timeOfEntry(id), id],
    );
    return row?.position ?? null;
  }

  /** Returns the age of the first event after a place on PostgreSQL's clock, whether final or not; 0 if there is none. */
  async ageAfter({ position, id }: { position: number; id: string }, clock: Clock): Promise<number> {
    const [row] = await this.dataSource.query<{ age: number }[]>(
      `SELECT greatest(0, extract(epoch FROM ${databaseTime(clock, 'now()')} - time))::float8 AS age FROM audit_events entry
       WHERE entry.position >= $1 AND (entry.position > $1 OR entry.id::text COLLATE "C" > $2)
       ORDER BY entry.position LIMIT 1`,
      [position, id],
    );
    return row?.age ?? 0;
  }

  /** Whether there are entries from a position on, final or not. */
  async existFrom(position: number): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ exist: boolean }]>(EXIST_FROM, [position]);
    return row.exist;
  }

  /** Returns the final entries from a position on; about `limit` from each table. */
  async final(tx: Transaction, from: number, limit: number): Promise<FinalEntries> {
    const [row] = await tx.query<[FinalEntries]>(FINAL, [from, limit]);
    return row;
  }

  /** Returns the events below a position which state that a person's data was erased. */
  async erasures(below: number): Promise<StoredEntry[]> {
    return this.dataSource.query<StoredEntry[]>(
      `SELECT position::float8, encode(digest, 'hex') AS digest, encode(mac, 'hex') AS mac, ${COLUMNS.audit_events}
       FROM audit_events WHERE type = 'personal_data_erased' AND position < $1`,
      [below],
    );
  }

  /**
   * Returns the ids of entries outside all valid positions. The tables' check constraints normally prevent such
   * entries.
   */
  async outOfRange(table: EntryTable, limit: number): Promise<string[]> {
    const found = await this.dataSource.query<{ id: string }[]>(
      `SELECT id FROM ${table} WHERE position < 0 OR position >= $1 OR position IS NULL LIMIT $2`,
      [POSITIONS_END, limit],
    );
    return found.map(({ id }) => id);
  }

  /**
   * Returns the first entries of a range in the order of position and id. Entries of a transaction share a position
   * and are never separated: entries beyond the limit are included if they share the position of the last one.
   */
  async inOrder(
    table: EntryTable,
    { from, to, limit }: PositionRange,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<EntryPage> {
    // Without an upper bound in SQL: with two bounds, the planner assumes that a range at the growing end is almost
    // empty, and sorts it all.
    const found = await manager.query<StoredEntry[]>(
      `SELECT position::float8, encode(digest, 'hex') AS digest, encode(mac, 'hex') AS mac,
         ${COLUMNS[table]} FROM ${table} entry
       WHERE entry.position >= $1 ORDER BY entry.position FETCH FIRST $2 ROWS WITH TIES`,
      [from, limit],
    );
    const entries = found.filter(({ position }) => position < to);
    entries.sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));
    const wasLast = found.length < limit || entries.length < found.length;
    return { entries, end: wasLast ? to : entries.at(-1)!.position + 1 };
  }
}
