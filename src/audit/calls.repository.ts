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
   * Adds rows of calls, all or none, in one transaction; false if PostgreSQL refuses one: it may already exist,
   * because a commit was not confirmed, and COPY does not tell which. Throws if PostgreSQL is unavailable.
   */
  async copy(rows: Buffer): Promise<boolean> {
    try {
      await copyIn(this.dataSource, { ask: 'SELECT audit_position()', copy: COPY, rows });
      return true;
    } catch (error) {
      if (!isRowAtFault(error)) throw error;
      return false;
    }
  }
}
