import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { AuditEntry } from '../audit-entry.js';
import { API_CALL } from '../audit-vocabulary.js';
import {
  CALL_COLUMNS,
  CALL_PROOF_COLUMNS,
  EVENT_COLUMNS,
  EVENT_PROOF_COLUMNS,
} from '../entry/entry-columns.js';
import type { EntryProof } from '../entry/sealed-form.js';
import type { TrailPlace, TrailQuery } from './trail-query.js';

/** Which page of entries to read: the direction of time, and the entry after which it starts. */
export interface TrailPage {
  readonly newestFirst: boolean;
  readonly after: TrailPlace | null;
  readonly limit: number;
}

/** Reads the trail by time and filter, merging both tables, one page at a time. */
@Injectable()
export class TrailRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns a page of entries. */
  async page(query: TrailQuery, page: TrailPage): Promise<AuditEntry[]> {
    return this.read<AuditEntry>(query, page, { event: EVENT_COLUMNS, call: CALL_COLUMNS });
  }

  /** Returns a page of entries with what proves them. */
  async provenPage(query: TrailQuery, page: TrailPage): Promise<(AuditEntry & EntryProof)[]> {
    return this.read<AuditEntry & EntryProof>(query, page, {
      event: `${EVENT_COLUMNS}, ${EVENT_PROOF_COLUMNS}`,
      call: `${CALL_COLUMNS}, ${CALL_PROOF_COLUMNS}`,
    });
  }

  /** Returns the events which state that the data of these people was erased, oldest first. */
  async erasuresOf(userIds: readonly string[]): Promise<(AuditEntry & EntryProof)[]> {
    return onDatabase(() =>
      this.dataSource.query<(AuditEntry & EntryProof)[]>(
        `SELECT ${EVENT_COLUMNS}, ${EVENT_PROOF_COLUMNS} FROM audit_events entry
         WHERE entry.type = 'personal_data_erased' AND entry.user_id = ANY ($1) ORDER BY entry.time, entry.id`,
        [userIds],
      ),
    );
  }

  private async read<T>(
    query: TrailQuery,
    page: TrailPage,
    columns: { readonly event: string; readonly call: string },
  ): Promise<T[]> {
    const parameters: unknown[] = [];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const where = conditions(query, page, bind).join(' AND ');
    const order = page.newestFirst ? 'DESC' : 'ASC';
    const limit = bind(page.limit);
    const type =
      query.type === undefined || query.type === API_CALL ? '' : ` AND entry.type = ${bind(query.type)}`;
    const except = query.exceptTypes ? ` AND entry.type <> ALL (${bind(query.exceptTypes)})` : '';
    const from = (table: string, selected: string, more = '') =>
      `(SELECT ${selected} FROM ${table} entry WHERE ${where}${more}
        ORDER BY entry.time ${order}, entry.id ${order} LIMIT ${limit})`;
    const tables = [
      ...(query.kind === 'call' || query.type === API_CALL
        ? []
        : [from('audit_events', columns.event, type + except)]),
      ...(query.kind === 'event' || type !== '' ? [] : [from('audit_calls', columns.call)]),
    ];
    return onDatabase(() =>
      this.dataSource.query<T[]>(
        `SELECT * FROM (${tables.join(' UNION ALL ')}) AS merged ORDER BY time ${order}, id ${order} LIMIT ${limit}`,
        parameters,
      ),
    );
  }
}

function conditions(query: TrailQuery, page: TrailPage, bind: (value: unknown) => string): string[] {
  const { from, to, outcome, userId, address, requestId } = query;
  const where = [`entry.time >= ${bind(from)}`, `entry.time < ${bind(to)}`];
  if (page.after !== null) {
    // Only the first comparison lets the planner exclude months that were already read; it cannot deduce this from
    // the second.
    const time = `${bind(page.after.time)}::timestamptz`;
    where.push(`entry.time ${page.newestFirst ? '<=' : '>='} ${time}`);
    where.push(`(entry.time, entry.id) ${page.newestFirst ? '<' : '>'} (${time}, ${bind(page.after.id)})`);
  }
  for (const [column, value] of Object.entries({
    outcome,
    user_id: userId,
    address,
    request_id: requestId,
  })) {
    if (value !== undefined) where.push(`entry.${column} = ${bind(value)}`);
  }
  return where;
}
