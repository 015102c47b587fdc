import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { prepared } from '../platform/database/prepared-statements.js';
import { UsableSecrets } from '../platform/crypto/usable-secrets.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import type { AuditEntry } from './audit-entry.js';
import { EVENT_COLUMNS } from './entry/entry-columns.js';
import { eventRow, insertEvents } from './entry/event-row.js';
import { RecordsDiscarded } from './entry/records-discarded.js';
import { EntrySigner } from './entry/entry-signer.js';

/**
 * Inserts any number of entries of both kinds in one statement. Existing entries are left unchanged, so that a batch
 * whose commit was not confirmed can be sent again. The position is read once per statement instead of once per row.
 */
const INSERT = prepared(`
  WITH entry AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS entry(
      id uuid, time timestamptz, kind text, type text, outcome text, reason text, "userId" uuid, "sessionId" uuid,
      address text, "userAgent" text, "requestId" text, method text, route text, status smallint,
      "durationMs" double precision, details jsonb, digest bytea, mac bytea,
      "originSalt" bytea, "detailsSalt" bytea)
  ), now AS MATERIALIZED (
    SELECT audit_position() AS position
  ), call AS (
    INSERT INTO audit_calls (time, id, position, outcome, reason, user_id, session_id, address, user_agent, request_id,
                             method, route, status, duration_ms, details, digest, mac, origin_salt)
    SELECT time, id, position, outcome, reason, "userId", "sessionId", address, "userAgent", "requestId",
           method, route, status, "durationMs", details, digest, mac, "originSalt"
    FROM entry, now WHERE kind = 'call' ON CONFLICT DO NOTHING
    RETURNING id
  ), event AS (
    INSERT INTO audit_events (time, id, position, type, outcome, reason, user_id, session_id, address, user_agent,
                              request_id, details, digest, mac, origin_salt, details_salt)
    SELECT time, id, position, type, outcome, reason, "userId", "sessionId", address, "userAgent",
           "requestId", details, digest, mac, "originSalt", "detailsSalt"
    FROM entry, now WHERE kind = 'event' ON CONFLICT DO NOTHING
    RETURNING *
  ), written AS (
    SELECT (SELECT count(*) FROM call) + (SELECT count(*) FROM event) AS written
  )
  SELECT ${EVENT_COLUMNS}, written::float8 FROM written LEFT JOIN event ON true`);

/** The statements that insert a few new events, by their number. A request rarely has more. */
const EVENT_INSERTS: Readonly<Record<number, string>> = Object.fromEntries(
  [1, 2, 3, 4].map((count) => [count, prepared(insertEvents(count))]),
);

/** An event that is inserted by the statement that makes the change. */
export interface SignedEvent {
  readonly entry: AuditEntry;
  /** The parameters of `insertEventIf`. */
  readonly row: readonly unknown[];
}

/** Counts how many of the entries exist, regardless of which statement wrote them. */
const COUNT = `
  SELECT count(*)::float8 AS there
  FROM json_to_recordset($1::json) AS entry(id uuid, time timestamptz, kind text)
  WHERE CASE kind WHEN 'call'
    THEN EXISTS (SELECT FROM audit_calls row WHERE row.time = entry.time AND row.id = entry.id)
    ELSE EXISTS (SELECT FROM audit_events row WHERE row.time = entry.time AND row.id = entry.id) END`;

/** Writes entries. No other class writes entries, and they are never changed. */
@Injectable()
export class AuditRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly signer: EntrySigner,
    private readonly secrets: UsableSecrets,
  ) {}

  /** Signs an event for a statement that inserts it together with the change that it describes. */
  async signed(entry: AuditEntry): Promise<SignedEvent> {
    await this.secrets.assertUsable();
    return { entry, row: eventRow(entry, this.signer.sign(entry)) };
  }

  /** Signs and inserts an event. Throws RecordsDiscarded as {@link insert} does. */
  async add(event: AuditEntry, manager?: EntityManager): Promise<void> {
    await this.addAll([event], manager);
  }

  /** Signs and inserts events. Up to four are inserted as plain rows, which takes PostgreSQL a third of the time of JSON. */
  async addAll(
    events: readonly AuditEntry[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<void> {
    await this.secrets.assertUsable();
    const statement = EVENT_INSERTS[events.length];
    if (statement === undefined) {
      await this.insert(
        events.map((event) => this.signer.json(event)),
        manager,
      );
      return;
    }
    const rows = events.flatMap((event) => eventRow(event, this.signer.sign(event)));
    const written = await manager.query<unknown[]>(statement, rows);
    if (written.length < events.length) throw new RecordsDiscarded(events.length - written.length);
  }

  /**
   * Inserts entries given as signed JSON. Returns the events (not the calls) that did not exist before. Throws
   * RecordsDiscarded if an entry does not exist afterwards, because a trigger that returns NULL leaves no other trace.
   */
  async insert(
    signed: readonly string[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<AuditEntry[]> {
    const entries = `[${signed.join(',')}]`;
    const rows = await manager.query<(Omit<AuditEntry, 'id'> & { id: string | null; written: number })[]>(
      INSERT,
      [entries],
    );
    if (rows[0]!.written < signed.length) await this.assertThere(entries, signed.length, manager);
    return rows.flatMap(({ written: _written, id, ...event }) => (id === null ? [] : [{ id, ...event }]));
  }

  private async assertThere(entries: string, expected: number, manager: EntityManager): Promise<void> {
    const [row] = await manager.query<[{ there: number }]>(COUNT, [entries]);
    if (row.there < expected) throw new RecordsDiscarded(expected - row.there);
  }

  /** Inserts an entry and rolls it back. Throws PostgreSQL's error, including errors raised at commit. */
  async probe(tx: Transaction, entry: AuditEntry): Promise<void> {
    await tx.query('SAVEPOINT probe');
    await tx.query('SET CONSTRAINTS ALL IMMEDIATE');
    await this.insert([this.signer.json(entry)], tx);
    await tx.query('ROLLBACK TO SAVEPOINT probe');
  }
}
