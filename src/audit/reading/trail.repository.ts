import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { AuditEntry } from '../audit-entry.js';
import { API_CALL } from '../audit-vocabulary.js';
import { CALL_COLUMNS, EVENT_COLUMNS } from '../entry/entry-columns.js';
import { timeOfEntry } from '../entry/entry-id.js';
import type { TrailQuery } from './trail-query.js';

/** Which page of entries to read: the direction of time, and the entry after which it starts. */
export interface TrailPage {
  readonly newestFirst: boolean;
  readonly afterId: string | null;
  readonly limit: number;
}

/** Reads the trail by time and filter, merging both tables, one page at a time. */
@Injectable()
export class TrailRepository {
  constructor(private readonly dataSource: DataSource) {}

  async page(query: TrailQuery, page: TrailPage): Promise<AuditEntry[]> {
    const parameters: unknown[] = [];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const where = conditions(query, page, bind).join(' AND ');
    const order = page.newestFirst ? 'DESC' : 'ASC';
    const limit = bind(page.limit);
    const type =
      query.type === undefined || query.type === API_CALL ? '' : ` AND entry.type = ${bind(query.type)}`;
    const except = query.exceptTypes ? ` AND entry.type <> ALL (${bind(query.exceptTypes)})` : '';
    const from = (table: string, columns: string, more = '') =>
      `(SELECT ${columns} FROM ${table} entry WHERE ${where}${more}
        ORDER BY entry.time ${order}, entry.id ${order} LIMIT ${limit})`;
    const tables = [
      ...(query.kind === 'call' || query.type === API_CALL
        ? []
        : [from('audit_events', EVENT_COLUMNS, type + except)]),
      ...(query.kind === 'event' || type !== '' ? [] : [from('audit_calls', CALL_COLUMNS)]),
    ];
    return onDatabase(() =>
      this.dataSource.query<AuditEntry[]>(
        `SELECT * FROM (${tables.join(' UNION ALL ')}) AS merged ORDER BY time ${order}, id ${order} LIMIT ${limit}`,
        parameters,
      ),
    );
  }
}

function conditions(query: TrailQuery, page: TrailPage, bind: (value: unknown) => string): string[] {
  const { from, to, outcome, userId, address, requestId } = query;
  const where = [`entry.time >= ${bind(from)}`, `entry.time < ${bind(to)}`];
  if (page.afterId !== null) {
    // Only the first comparison lets the planner exclude months that were already read; it cannot deduce this from
    // the second.
    const time = bind(timeOfEntry(page.afterId));
    where.push(`entry.time ${page.newestFirst ? '<=' : '>='} ${time}`);
    where.push(`(entry.time, entry.id) ${page.newestFirst ? '<' : '>'} (${time}, ${bind(page.afterId)})`);
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
