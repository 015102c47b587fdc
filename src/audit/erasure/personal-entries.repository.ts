import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { AuditEntry } from '../audit-entry.js';
import {
  CALL_COLUMNS,
  CALL_PROOF_COLUMNS,
  EVENT_COLUMNS,
  EVENT_PROOF_COLUMNS,
} from '../entry/entry-columns.js';
import type { EntryProof } from '../entry/sealed-form.js';
import {
  beginningAfter,
  type EntryCounts,
  type EntryKey,
  type ErasurePlace,
  type Source,
} from './erasure-progress.js';

/** An entry with what proves its personal members. */
export type PersonalEntry = AuditEntry & EntryProof;

/** An entry of a page, and whether it is the last one of a full page, after which there may be more. */
export type PageEntry = PersonalEntry & { readonly isLast: boolean };

/** The commitments that take the place of the members of one entry, as the database function expects them. */
export interface ErasedParts {
  readonly time: string;
  readonly id: string;
  readonly kind: AuditEntry['kind'];
  /** In PostgreSQL's format for bytes; null for a part that stays. */
  readonly originCommitment: string | null;
  readonly detailsCommitment: string | null;
}

/** How many entries to read, and whose. */
export interface PageOf {
  readonly userId: string;
  readonly limit: number;
}

/** The numbers of a page, and its last entry; null if there is no further page. */
export interface CountedPage extends EntryCounts {
  readonly last: EntryKey | null;
}

/** What a page has of addresses, and its last entry; null if there is no further page. */
export interface PageOfAccounts {
  readonly accounts: string[];
  readonly last: EntryKey | null;
}

const ABOUT = 'entry.user_id = $1';
const WHOSE: Readonly<Record<Source, string>> = {
  'events about': ABOUT,
  'events by': `entry.details ? 'actorId' AND entry.details->>'actorId' = $1::text`,
  'calls by': ABOUT,
};

const EVENTS = {
  table: 'audit_events',
  columns: `${EVENT_COLUMNS}, ${EVENT_PROOF_COLUMNS}`,
  salted: '(entry.origin_salt IS NOT NULL OR entry.details_salt IS NOT NULL)',
};
const CALLS = {
  table: 'audit_calls',
  columns: `${CALL_COLUMNS}, ${CALL_PROOF_COLUMNS}`,
  salted: 'entry.origin_salt IS NOT NULL',
};
const STORED = { 'events about': EVENTS, 'events by': EVENTS, 'calls by': CALLS };

/**
 * Selects the next entries of a source, erased or not: a limit of those that are not would pass over any number of others
 * in one statement. The first comparison alone lets the planner leave out months.
 */
const page = (source: Source, columns: string) => `
  SELECT ${columns} FROM ${STORED[source].table} entry
  WHERE ${WHOSE[source]} AND entry.time >= $2::timestamptz AND (entry.time, entry.id) > ($2::timestamptz, $3::uuid)
  ORDER BY entry.time, entry.id LIMIT $4`;

/** The last entry of a full page. */
const LAST = `(SELECT json_build_object('time', time, 'id', id) FROM page
    WHERE (SELECT count(*) FROM page) = $4 ORDER BY time DESC, id DESC LIMIT 1) AS last`;

const count = (source: Source) => `
  WITH page AS MATERIALIZED (${page(source, `entry.time, entry.id, entry.origin_salt, entry.origin_commitment`)})
  SELECT count(*) FILTER (WHERE origin_salt IS NOT NULL)::float8 AS entries,
    count(*) FILTER (WHERE origin_salt IS NULL AND origin_commitment IS NULL)::float8 AS format1, ${LAST}
  FROM page`;

const ACCOUNTS = `
  WITH page AS MATERIALIZED (${page('events about', `entry.time, entry.id, entry.details->>'account' AS account`)})
  SELECT coalesce(array_agg(DISTINCT account) FILTER (WHERE account IS NOT NULL), '{}') AS accounts, ${LAST} FROM page`;

const unerased = (source: Source) => `
  SELECT ${STORED[source].columns}, place = $4 AS "isLast"
  FROM (${page(source, 'entry.*, row_number() OVER (ORDER BY entry.time, entry.id) AS place')}) AS entry
  WHERE ${STORED[source].salted} OR place = $4 ORDER BY place`;

/** Reads the entries that contain a person's members page by page, and removes those members. */
@Injectable()
export class PersonalEntriesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Counts the entries of the next page by format. */
  async count(
    tx: Transaction,
    { source, after }: ErasurePlace,
    { userId, limit }: PageOf,
  ): Promise<CountedPage> {
    const [row] = await tx.query<[CountedPage]>(count(source), [userId, ...beginningAfter(after), limit]);
    return row;
  }

  /** Returns the keyed digests of addresses in the next page of the events about a person. */
  async accounts(after: EntryKey | null, { userId, limit }: PageOf): Promise<PageOfAccounts> {
    const parameters = [userId, ...beginningAfter(after), limit];
    const [row] = await this.dataSource.query<[PageOfAccounts]>(ACCOUNTS, parameters);
    return row;
  }

  /** Returns those of the next `limit` entries that are not erased, ordered by time and id, and in any case the last one. */
  async page(
    tx: Transaction,
    { source, after }: ErasurePlace,
    { userId, limit }: PageOf,
  ): Promise<PageEntry[]> {
    return tx.query<PageEntry[]>(unerased(source), [userId, ...beginningAfter(after), limit]);
  }

  /** Removes members. The database refuses if the trail has no sealed event that states the person's erasure. */
  async erase(tx: Transaction, userId: string, parts: readonly ErasedParts[]): Promise<void> {
    await tx.query('SELECT audit_erase($1, $2)', [userId, JSON.stringify(parts)]);
  }
}
