import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import {
  CALL_COLUMNS,
  CALL_PROOF_COLUMNS,
  EVENT_COLUMNS,
  EVENT_PROOF_COLUMNS,
} from '../entry/entry-columns.js';
import type { PersonalEntry } from './personal-entries.repository.js';

/** An entry that came late, and its position. */
export type LateEntry = PersonalEntry & { readonly position: number };

/** A half-open range of positions. */
export interface Positions {
  readonly from: number;
  readonly to: number;
}

/** The end of a range that has at most about $3 entries of each table; those of one transaction are not separated. */
const END = `
  WITH event AS MATERIALIZED (
    SELECT position FROM audit_events WHERE position >= $1 ORDER BY position FETCH FIRST $3 ROWS WITH TIES
  ), call AS MATERIALIZED (
    SELECT position FROM audit_calls WHERE position >= $1 ORDER BY position FETCH FIRST $3 ROWS WITH TIES
  )
  SELECT CASE WHEN least((SELECT min(position) FROM event), (SELECT min(position) FROM call)) < $2
    THEN least($2, (SELECT max(position) + 1 FROM event HAVING count(*) >= $3),
                   (SELECT max(position) + 1 FROM call HAVING count(*) >= $3)) END::float8 AS "end"`;

const HAS_ORIGIN =
  '(entry.address IS NOT NULL OR entry.user_agent IS NOT NULL) AND entry.origin_salt IS NOT NULL';
const IN_RANGE = 'entry.position >= $1 AND entry.position < $2';
const ACTOR = `entry.details->>'actorId'`;

const OWNERS = `
  SELECT ${ACTOR} AS owner FROM audit_events entry WHERE ${IN_RANGE} AND entry.details ? 'actorId' AND ${HAS_ORIGIN}
  UNION
  SELECT entry.user_id::text FROM audit_events entry WHERE ${IN_RANGE} AND entry.user_id IS NOT NULL
    AND (${HAS_ORIGIN} OR entry.details_salt IS NOT NULL)
  UNION
  SELECT entry.user_id::text FROM audit_calls entry WHERE ${IN_RANGE} AND entry.user_id IS NOT NULL AND ${HAS_ORIGIN}`;

/** The event that states an erasure contains nothing personal, and stays as it is. */
const LATE = `
  SELECT * FROM (
    (SELECT entry.position::float8, ${EVENT_COLUMNS}, ${EVENT_PROOF_COLUMNS} FROM audit_events entry
     WHERE ${IN_RANGE} AND entry.type <> 'personal_data_erased' AND (
       CASE WHEN entry.details ? 'actorId' THEN ${ACTOR} ELSE entry.user_id::text END = ANY ($3::text[]) AND ${HAS_ORIGIN}
       OR entry.user_id = ANY ($3::uuid[]) AND entry.details_salt IS NOT NULL)
     ORDER BY entry.position LIMIT $4)
    UNION ALL
    (SELECT entry.position::float8, ${CALL_COLUMNS}, ${CALL_PROOF_COLUMNS} FROM audit_calls entry
     WHERE ${IN_RANGE} AND entry.user_id = ANY ($3::uuid[]) AND ${HAS_ORIGIN}
     ORDER BY entry.position LIMIT $4)
  ) AS late ORDER BY position LIMIT $4`;

/** Finds entries that came after their person was erased, from a spool for example. Empty ones can stay as they are. */
@Injectable()
export class LateEntriesRepository {
  /**
   * Returns the end of the first part of a range, which has about `limit` entries of each table at most and is read in one
   * statement, however many follow. Null if the range has no entries.
   */
  async endOfPart(tx: Transaction, { from, to }: Positions, limit: number): Promise<number | null> {
    const [row] = await tx.query<[{ end: number | null }]>(END, [from, to, limit]);
    return row.end;
  }

  /** Returns the ids of those whose members entries of a range contain. An id may be anything that somebody has inserted. */
  async owners(tx: Transaction, { from, to }: Positions): Promise<string[]> {
    const rows = await tx.query<{ owner: string }[]>(OWNERS, [from, to]);
    return rows.map(({ owner }) => owner);
  }

  /** Returns entries of a range that contain members of the given people, the first ones first. */
  async of(
    tx: Transaction,
    userIds: readonly string[],
    { from, to }: Positions,
    limit: number,
  ): Promise<LateEntry[]> {
    return tx.query<LateEntry[]>(LATE, [from, to, userIds, limit]);
  }
}
