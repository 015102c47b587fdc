import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Month } from '../partitions/month.js';
import { beginningAfter, type EntryKey } from './erasure-progress.js';

/** An event that states an erasure. */
export interface Statement extends EntryKey {
  readonly userId: string;
  readonly details: { readonly entries: number; readonly format1: number };
  /** Whether a later month has an entry that was erased because of it. */
  readonly isNeeded: boolean;
  /** The position of an event of a later month that states the same erasure; null if there is none. */
  readonly anewAt: number | null;
}

/** How many statements of a month to read, and after which one. */
export interface PageOfMonth {
  readonly month: Month;
  readonly after: EntryKey | null;
  readonly limit: number;
}

const NEXT_MONTH = `($1::date + interval '1 month') AT TIME ZONE 'UTC'`;

/** Each comparison with a person has an index of its own, and those with a time let the planner leave out months. */
const PAGE = `
  SELECT id, time::text, user_id AS "userId", details,
    EXISTS (SELECT FROM audit_events entry WHERE entry.user_id = stated.user_id AND entry.time >= ${NEXT_MONTH}
      AND (entry.origin_commitment IS NOT NULL OR entry.details_commitment IS NOT NULL))
    OR EXISTS (SELECT FROM audit_events entry WHERE entry.details ? 'actorId'
      AND entry.details->>'actorId' = stated.user_id::text AND entry.time >= ${NEXT_MONTH}
      AND entry.origin_commitment IS NOT NULL)
    OR EXISTS (SELECT FROM audit_calls entry WHERE entry.user_id = stated.user_id AND entry.time >= ${NEXT_MONTH}
      AND entry.origin_commitment IS NOT NULL) AS "isNeeded",
    (SELECT min(anew.position)::float8 FROM audit_events anew WHERE anew.user_id = stated.user_id
      AND anew.time >= ${NEXT_MONTH} AND anew.type = 'personal_data_erased') AS "anewAt"
  FROM (
    SELECT id, time, user_id, details FROM audit_events
    WHERE type = 'personal_data_erased' AND time >= $1::date::timestamp AT TIME ZONE 'UTC' AND time < ${NEXT_MONTH}
      AND (time, id) > ($2::timestamptz, $3::uuid) AND user_id IS NOT NULL
    ORDER BY time, id LIMIT $4) AS stated
  ORDER BY time, id`;

/** Reads the events that state erasures. */
@Injectable()
export class StatementsRepository {
  /** Returns the next statements of a month, in the order of time and id. */
  async page(tx: Transaction, { month, after, limit }: PageOfMonth): Promise<Statement[]> {
    return tx.query<Statement[]>(PAGE, [`${month}-01`, ...beginningAfter(after), limit]);
  }
}
