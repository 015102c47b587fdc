import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { AuditEntry } from '../audit-entry.js';
import {
  CALL_COLUMNS,
  CALL_PROOF_COLUMNS,
  EVENT_COLUMNS,
  EVENT_PROOF_COLUMNS,
} from '../entry/entry-columns.js';
import type { EntryProof } from '../entry/sealed-form.js';

/** An entry about a person, with its position and what proves it. */
export type OwnStoredEntry = AuditEntry & EntryProof & { readonly position: number };

const from = (table: string, columns: string) => `
  (SELECT entry.position::float8, ${columns} FROM ${table} entry
   WHERE entry.user_id = $1 AND entry.time >= $2::timestamptz AND (entry.time, entry.id) > ($2::timestamptz, $3::uuid)
     AND entry.time < $4
   ORDER BY entry.time, entry.id LIMIT $5)`;

const PAGE = `
  SELECT * FROM (${from('audit_events', `${EVENT_COLUMNS}, ${EVENT_PROOF_COLUMNS}`)}
    UNION ALL ${from('audit_calls', `${CALL_COLUMNS}, ${CALL_PROOF_COLUMNS}`)}) AS own
  ORDER BY time, id LIMIT $5`;

/** Reads the entries about one person. */
@Injectable()
export class OwnTrailRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns up to `limit` entries before a time, ordered by time and id, after the given one. */
  async page(
    userId: string,
    { after, before, limit }: { after: AuditEntry | null; before: Date; limit: number },
  ): Promise<OwnStoredEntry[]> {
    const start = [after?.time ?? '-infinity', after?.id ?? '00000000-0000-0000-0000-000000000000'];
    return onDatabase(() => this.dataSource.query<OwnStoredEntry[]>(PAGE, [userId, ...start, before, limit]));
  }
}
