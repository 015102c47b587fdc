import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { AuditEntry } from '../audit-entry.js';
import {
  CALL_COLUMNS,
  CALL_PROOF_COLUMNS,
  EVENT_COLUMNS,
  EVENT_PROOF_COLUMNS,
} from '../entry/entry-columns.js';
import type { EntryProof } from '../entry/sealed-form.js';

/** An entry with what proves its personal members. */
export type PersonalEntry = AuditEntry & EntryProof;

/** An entry that came late, and its position. */
export type LateEntry = PersonalEntry & { readonly position: number };

/** The ways in which an entry can contain a person's members. */
export const SOURCES = ['events about', 'events by', 'calls by'] as const;

/** One of {@link SOURCES}. */
export type Source = (typeof SOURCES)[number];

/** The commitments that take the place of the members of one entry, as the database function expects them. */
export interface ErasedParts {
  readonly time: string;
  readonly id: string;
  readonly kind: AuditEntry['kind'];
  /** In PostgreSQL's format for bytes; null for a part that stays. */
  readonly originCommitment: string | null;
  readonly detailsCommitment: string | null;
}

const EVENTS = `SELECT entry.position::float8, ${EVENT_COLUMNS}, ${EVENT_PROOF_COLUMNS} FROM audit_events entry`;
const CALLS = `SELECT entry.position::float8, ${CALL_COLUMNS}, ${CALL_PROOF_COLUMNS} FROM audit_calls entry`;
/** The event that states the erasure contains nothing personal, and stays as it is. */
const KEPT = `entry.type <> 'personal_data_erased'`;
const SALTED = '(entry.origin_salt IS NOT NULL OR entry.details_salt IS NOT NULL)';

const FROM: Readonly<Record<Source, string>> = {
  'events about': `${EVENTS} WHERE entry.user_id = $1 AND ${KEPT} AND ${SALTED}`,
  'events by': `${EVENTS} WHERE entry.details ? 'actorId' AND entry.details->>'actorId' = $1::text AND ${KEPT}
    AND entry.origin_salt IS NOT NULL`,
  'calls by': `${CALLS} WHERE entry.user_id = $1 AND entry.origin_salt IS NOT NULL`,
};

/** Those whose erasure the trail states. */
const ERASED = 'SELECT user_id FROM erasures WHERE stated_at IS NOT NULL';
const HAS_ORIGIN =
  '(entry.address IS NOT NULL OR entry.user_agent IS NOT NULL) AND entry.origin_salt IS NOT NULL';

/** Entries that came after their person was erased, from a spool for example. Empty ones can stay as they are. */
const LATE = `
  SELECT * FROM (
    (${EVENTS} WHERE entry.position >= $1 AND entry.position < $2 AND ${KEPT} AND (
       CASE WHEN entry.details ? 'actorId' THEN entry.details->>'actorId' ELSE entry.user_id::text END
         IN (SELECT user_id::text FROM (${ERASED}) AS erased) AND ${HAS_ORIGIN}
       OR entry.user_id IN (${ERASED}) AND entry.details_salt IS NOT NULL)
     ORDER BY entry.position LIMIT $3)
    UNION ALL
    (${CALLS} WHERE entry.position >= $1 AND entry.position < $2 AND entry.user_id IN (${ERASED}) AND ${HAS_ORIGIN}
     ORDER BY entry.position LIMIT $3)
  ) AS late ORDER BY position LIMIT $3`;

const COUNT = `
  SELECT count(*) FILTER (WHERE salted)::float8 AS entries, count(*) FILTER (WHERE format1)::float8 AS format1 FROM (
    SELECT origin_salt IS NOT NULL AS salted, origin_salt IS NULL AND origin_commitment IS NULL AS format1
    FROM audit_events WHERE user_id = $1
    UNION ALL
    SELECT origin_salt IS NOT NULL, origin_salt IS NULL AND origin_commitment IS NULL FROM audit_calls WHERE user_id = $1
  ) AS entry`;

/** Reads the entries that contain a person's members, and removes those members. */
@Injectable()
export class PersonalEntriesRepository {
  /** Counts the entries about a person, by format. Those that are already erased count as neither. */
  async count(tx: Transaction, userId: string): Promise<{ entries: number; format1: number }> {
    const [row] = await tx.query<[{ entries: number; format1: number }]>(COUNT, [userId]);
    return row;
  }

  /** Returns the keyed digests of the addresses that entries about a person contain. */
  async accountsOf(tx: Transaction, userId: string): Promise<string[]> {
    const rows = await tx.query<{ account: string }[]>(
      `SELECT DISTINCT details->>'account' AS account FROM audit_events WHERE user_id = $1 AND details ? 'account'`,
      [userId],
    );
    return rows.map(({ account }) => account);
  }

  /** Returns entries that may contain a person's members, ordered by time and id, after the given one. */
  async page(
    tx: Transaction,
    source: Source,
    { userId, after, limit }: { userId: string; after: PersonalEntry | null; limit: number },
  ): Promise<PersonalEntry[]> {
    return tx.query<PersonalEntry[]>(
      `${FROM[source]} AND (entry.time, entry.id) > ($2::timestamptz, $3::uuid) ORDER BY entry.time, entry.id LIMIT $4`,
      [userId, after?.time ?? '-infinity', after?.id ?? '00000000-0000-0000-0000-000000000000', limit],
    );
  }

  /** Returns entries in a range of positions that contain members of people who are already erased. */
  async late(tx: Transaction, from: number, to: number, limit: number): Promise<LateEntry[]> {
    return tx.query<LateEntry[]>(LATE, [from, to, limit]);
  }

  /** Removes members. The database refuses if the trail has no sealed event that states the person's erasure. */
  async erase(tx: Transaction, userId: string, parts: readonly ErasedParts[]): Promise<void> {
    await tx.query('SELECT audit_erase($1, $2)', [userId, JSON.stringify(parts)]);
  }
}
