import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { copyIn } from '../platform/database/copy-in.js';
import { isRowAtFault } from '../platform/database/row-at-fault.js';
import { bytesField, CALL_ROW, callFields } from './entry/call-row.js';
import { digestOf } from './entry/canonical-entry.js';
import { EntrySigner } from './entry/entry-signer.js';
import { mapInTurns } from './entry/map-in-turns.js';

const COPY = `COPY audit_calls (${CALL_ROW}) FROM STDIN`;

/** Writes API calls, nearly all that is ever written, the cheapest way there is. */
@Injectable()
export class CallsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly signer: EntrySigner,
  ) {}

  /**
   * Adds the calls among canonical entries, each with its digest and code, in one transaction; answers the entries that
   * it did not write. Those are all, when PostgreSQL refuses a row: one may be there already, because a commit was not
   * heard of, and which one a COPY cannot say. Throws when PostgreSQL is away.
   */
  async copy(canonical: readonly string[]): Promise<string[]> {
    const made = await mapInTurns(canonical, (entry) => this.row(entry));
    const rows = made.filter((row) => row !== null);
    if (rows.length === 0) return [...canonical];
    try {
      await copyIn(this.dataSource, { ask: 'SELECT audit_position()', copy: COPY, rows });
      return canonical.filter((_, at) => made[at] === null);
    } catch (error) {
      if (!isRowAtFault(error)) throw error;
      return [...canonical];
    }
  }

  private row(entry: string): string | null {
    const fields = callFields(entry);
    if (fields === null) return null;
    const digest = digestOf(entry);
    return `${fields}\t${bytesField(digest)}\t${bytesField(this.signer.mac(digest))}`;
  }
}
