import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { copyIn } from '../platform/database/copy-in.js';
import { linesIn } from '../platform/database/line-count.js';
import { isRowAtFault } from '../platform/database/row-at-fault.js';
import { CALL_ROW } from './entry/call-row.js';

const COPY = `COPY audit_calls (${CALL_ROW}) FROM STDIN`;

/** Writes API calls, which make up nearly all entries, with COPY, the most efficient way. */
@Injectable()
export class CallsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Inserts rows of calls in one transaction, all or none. Returns false if PostgreSQL refuses one or writes fewer. A
   * row may already exist, if the confirmation of a commit was lost, and COPY does not report which one. Throws if
   * PostgreSQL is unavailable.
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
