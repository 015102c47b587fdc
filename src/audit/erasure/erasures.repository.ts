import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { prepared } from '../../platform/database/prepared-statements.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { ErasureProgress } from './erasure-progress.js';
import type { ErasureRequest, StoredRequest } from './erasure-proof.js';

/** A deleted person whose data is to be erased, or has been. */
export interface Erasure extends StoredRequest {
  readonly deletedAt: Date;
  /** The event that states the erasure; null if it is not recorded yet. */
  readonly eventId: string | null;
  /** Whether that event is known to be sealed, so that members may be removed. */
  readonly isStated: boolean;
  /** How far the counting has come or, once the event is recorded, the erasing; null if it has not begun. */
  readonly progress: ErasureProgress | null;
}

/** An erasure that is due, and the version of its row that was read. */
export type DueErasure = Erasure & { readonly version: string };

/** A person of an erasure, whether it is finished or not. */
export type DeletedPerson = StoredRequest & { readonly deletedAt: Date; readonly isErased: boolean };

/** The place of a person in the order of deletions; any number may have been deleted at one instant. */
export type DeletionPlace = Pick<DeletedPerson, 'deletedAt' | 'userId'>;

/** An erasure to add, and when it may begin. */
export type NewErasure = ErasureRequest & {
  readonly deletedAt: Date;
  readonly dueAt: Date;
  readonly mac: Buffer;
};

const REQUEST = `user_id AS "userId", actor, mac,
  EXISTS (SELECT FROM users WHERE users.id = user_id) AS "hasAccount"`;

/**
 * Progress names the event that it belongs to, null while entries are counted, because instances of the previous version
 * record the event or start the erasure anew without removing it.
 */
const COLUMNS = `${REQUEST}, deleted_at AS "deletedAt", event_id AS "eventId",
  stated_at IS NOT NULL AS "isStated",
  CASE WHEN progress->>'eventId' IS NOT DISTINCT FROM event_id::text THEN progress->'value' END AS progress`;

/**
 * Compares with the first entry of the index, for which the planner never reads the table, whatever it believes to be due.
 * Without entries since the last search for late ones there is no work, so that an idle service writes nothing.
 */
const HAS_WORK = prepared(
  `SELECT coalesce((SELECT min(due_at) FROM erasures WHERE erased_at IS NULL) <= $1, false)
     OR coalesce((SELECT position <= greatest((SELECT max(position) FROM audit_events),
                                              (SELECT max(position) FROM audit_calls))
                    AND position < audit_horizon() FROM erasure_sweep), false) AS "hasWork"`,
);

const INSERT = 'INSERT INTO erasures (user_id, deleted_at, due_at, actor, mac) VALUES ($1, $2, $3, $4, $5)';

function valuesOf({ userId, deletedAt, dueAt, actor, mac }: NewErasure): unknown[] {
  return [userId, deletedAt, dueAt, actor && JSON.stringify(actor), mac];
}

/** All SQL statements on erasures. A row stays after the erasure: it has an id and times, and nothing about a person. */
@Injectable()
export class ErasuresRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Adds an erasure, or starts the one of the person anew: a restore may have brought the data back, and anybody who has the
   * service's database role may have inserted the row.
   */
  async insert(tx: Transaction, erasure: NewErasure): Promise<void> {
    await tx.query(
      `${INSERT} ON CONFLICT (user_id) DO UPDATE SET deleted_at = excluded.deleted_at, due_at = excluded.due_at,
         actor = excluded.actor, mac = excluded.mac,
         event_id = NULL, stated_at = NULL, erased_at = NULL, progress = NULL`,
      valuesOf(erasure),
    );
  }

  /** Adds an erasure unless there is one of the person. Returns whether there was none. */
  async insertNew(tx: Transaction, erasure: NewErasure): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `${INSERT} ON CONFLICT (user_id) DO NOTHING RETURNING user_id`,
      valuesOf(erasure),
    );
    return rows.length > 0;
  }

  /** Returns whether an unfinished erasure is due, or entries may have come since late ones were searched for. */
  async hasWork(now: Date): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ hasWork: boolean }]>(HAS_WORK, [now]);
    return row.hasWork;
  }

  /** Returns unfinished erasures that are due, the oldest first. */
  async due(now: Date, limit: number): Promise<DueErasure[]> {
    return this.dataSource.query<DueErasure[]>(
      `SELECT ${COLUMNS}, xmin::text AS version FROM erasures
       WHERE erased_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2`,
      [now, limit],
    );
  }

  /**
   * Makes erasures due at another time, unless their rows have changed since they were read, or another instance works
   * on them. Returns how many were changed.
   */
  async postpone(erasures: readonly DueErasure[], dueAt: Date): Promise<number> {
    const [, changed] = await this.dataSource.query<[unknown, number]>(
      `WITH unchanged AS (
         SELECT user_id FROM erasures JOIN unnest($1::uuid[], $2::text[]) AS seen (user_id, version) USING (user_id)
         WHERE erasures.xmin::text = seen.version FOR UPDATE OF erasures SKIP LOCKED)
       UPDATE erasures SET due_at = $3 FROM unchanged WHERE erasures.user_id = unchanged.user_id`,
      [erasures.map(({ userId }) => userId), erasures.map(({ version }) => version), dueAt],
    );
    return changed;
  }

  /**
   * Reads an unfinished erasure and locks it until the transaction ends; null if another instance works on it or has
   * finished it.
   */
  async claim(tx: Transaction, userId: string): Promise<Erasure | null> {
    const [row] = await tx.query<Erasure[]>(
      `SELECT ${COLUMNS} FROM erasures WHERE user_id = $1 AND erased_at IS NULL FOR UPDATE SKIP LOCKED`,
      [userId],
    );
    return row ?? null;
  }

  /**
   * Returns those of the given people whose erasure the trail states. After the retention of that event, the database would
   * refuse to erase anything of them, and with it everything else in the same transaction.
   */
  async statedOf(tx: Transaction, userIds: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ userId: string }[]>(
      `SELECT user_id AS "userId" FROM erasures WHERE stated_at IS NOT NULL AND user_id = ANY ($1::uuid[])
         AND EXISTS (SELECT FROM audit_events event
                     WHERE event.type = 'personal_data_erased' AND event.user_id = erasures.user_id)`,
      [userIds],
    );
    return rows.map(({ userId }) => userId);
  }

  async noteEvent(tx: Transaction, userId: string, eventId: string): Promise<void> {
    await tx.query('UPDATE erasures SET event_id = $2, progress = NULL WHERE user_id = $1', [
      userId,
      eventId,
    ]);
  }

  async noteProgress(
    tx: Transaction,
    { userId, eventId }: Pick<Erasure, 'userId' | 'eventId'>,
    value: ErasureProgress,
  ): Promise<void> {
    const progress = JSON.stringify({ eventId, value });
    await tx.query('UPDATE erasures SET progress = $2 WHERE user_id = $1', [userId, progress]);
  }

  /**
   * Notes that the event of an erasure is sealed. Returns whether this call noted it: the request may have been replaced
   * meanwhile, and then needs an event of its own.
   */
  async noteStated(userId: string, eventId: string, now: Date): Promise<boolean> {
    const [, changed] = await this.dataSource.query<[unknown, number]>(
      'UPDATE erasures SET stated_at = $3 WHERE user_id = $1 AND event_id = $2 AND stated_at IS NULL',
      [userId, eventId, now],
    );
    return changed > 0;
  }

  /** Finishes an erasure and removes who requested it; `mac` is the message authentication code of the rest of the request. */
  async finish(tx: Transaction, userId: string, { now, mac }: { now: Date; mac: Buffer }): Promise<void> {
    await tx.query(
      'UPDATE erasures SET erased_at = $2, actor = NULL, mac = $3, progress = NULL WHERE user_id = $1',
      [userId, now, mac],
    );
  }

  /** Replaces the code of a request, unless another instance has replaced it meanwhile. */
  async noteCode({ userId, mac }: StoredRequest, current: Buffer): Promise<void> {
    await this.dataSource.query(
      'UPDATE erasures SET mac = $3 WHERE user_id = $1 AND mac IS NOT DISTINCT FROM $2',
      [userId, mac, current],
    );
  }

  /** Returns the people deleted after another one and not after `until`, the first ones first. */
  async deletedAfter(place: DeletionPlace, until: Date, limit: number): Promise<DeletedPerson[]> {
    return this.dataSource.query<DeletedPerson[]>(
      `SELECT ${REQUEST}, deleted_at AS "deletedAt", erased_at IS NOT NULL AS "isErased" FROM erasures
       WHERE (deleted_at, user_id) > ($1, $2) AND deleted_at <= $3 ORDER BY deleted_at, user_id LIMIT $4`,
      [place.deletedAt, place.userId, until, limit],
    );
  }

  /** Starts the search for late entries at the present end of the trail, unless it has begun. */
  async beginSweep(tx: Transaction): Promise<void> {
    await tx.query('UPDATE erasure_sweep SET position = audit_horizon() WHERE position IS NULL');
  }

  /** Locks the position up to which late entries were searched; null if there is none, or if another instance has it. */
  async lockSweep(tx: Transaction): Promise<number | null> {
    const [row] = await tx.query<{ position: number }[]>(
      'SELECT position::float8 FROM erasure_sweep WHERE position IS NOT NULL FOR UPDATE SKIP LOCKED',
    );
    return row?.position ?? null;
  }

  /** Returns the position up to which late entries were searched; 0 if the search has not begun. */
  async sweptTo(): Promise<number> {
    const [row] = await this.dataSource.query<[{ position: number }]>(
      'SELECT coalesce(max(position), 0)::float8 AS position FROM erasure_sweep',
    );
    return row.position;
  }

  async moveSweep(tx: Transaction, position: number): Promise<void> {
    await tx.query('UPDATE erasure_sweep SET position = $1 WHERE position < $1', [position]);
  }
}
