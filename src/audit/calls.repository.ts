import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { copyIn } from '../platform/database/copy-in.js';
import { isRowAtFault } from '../platform/database/row-at-fault.js';
import { CALL_ROW } from './entry/call-row.js';

const COPY = `COPY audit_calls (${CALL_ROW}) FROM STDIN`;

/** Writes API calls, which are nearly all entries, with COPY, the cheapest way. */
@Injectable()
export class CallsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Adds rows of calls, all or none, in one transaction; false when PostgreSQL refuses one: it may be there already,
   * because a commit was not heard of, and which one a COPY cannot say; or when fewer were written. Throws when PostgreSQL is away.
   */
  async copy(rows: Buffer): Promise<boolean> {
    try {
      const written = await copyIn(this.dataSource, { ask: 'SELECT audit_position()', copy: COPY, rows });
      return written === linesIn(rows);
    } catch (error) {
      if (!isRowAtFault(error)) throw error;
      return false;
    }
  }
}

function linesIn(rows: Buffer): number {
  let lines = 0;
  for (let at = rows.indexOf('\n'); at !== -1; at = rows.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
