import { Injectable, Logger } from '@nestjs/common';
import { isRowAtFault } from '../../platform/database/row-at-fault.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { internalOrigin } from '../../platform/http/origin.js';
import type { AuditEntry } from '../audit-entry.js';
import { AuditRepository } from '../audit.repository.js';
import { EntryFactory } from '../entry/entry-factory.js';
import { AuditPartitions } from '../partitions/audit-partitions.js';
import { AuditSpool } from './audit-spool.js';
import { SpooledCodes } from './spooled-codes.js';

const ORIGIN = internalOrigin('probe');

/**
 * Handles spooled entries that PostgreSQL refused. The partition of an entry's month may be missing, after a long
 * outage or because the clock jumped; it is then created. An entry that is still refused must not block all later
 * ones. This applies only if the entry itself is the reason: otherwise, anyone able to add a constraint to the table
 * could keep the trail empty.
 */
@Injectable()
export class RejectedEntries {
  private readonly logger = new Logger(RejectedEntries.name);

  constructor(
    private readonly spool: AuditSpool,
    private readonly repository: AuditRepository,
    private readonly entries: EntryFactory,
    private readonly months: AuditPartitions,
    private readonly transactions: TransactionRunner,
    private readonly codes: SpooledCodes,
  ) {}

  /**
   * Inserts the entry and returns it if it is an event, or quarantines it and logs an error. Throws if PostgreSQL is
   * unavailable, or if it refuses all entries of that kind; all of them then wait.
   */
  async retryOrQuarantine(line: string, refusal: unknown): Promise<AuditEntry[]> {
    const entry = readEntry(line);
    if (entry) {
      try {
        await this.months.make(entry.time);
        return await this.repository.insert([line]);
      } catch (error) {
        if (!isRowAtFault(error)) throw error;
        await this.assertAccepted(entry.kind);
      }
    }
    this.spool.quarantine(this.codes.labelled(line));
    this.logger.error(
      `PostgreSQL refused an audit entry, which was quarantined: ${(refusal as Error).message}`,
    );
    return [];
  }

  private async assertAccepted(kind: AuditEntry['kind']): Promise<void> {
    const probe = kind === 'call' ? this.plainCall() : this.plainEvent();
    try {
      await this.transactions.run((tx) => this.repository.probe(tx, probe));
    } catch (error) {
      if (!isRowAtFault(error)) throw error;
      const reason = (error as Error).message;
      throw new Error(`PostgreSQL refuses all records of ${kind}s: ${reason}`, { cause: error });
    }
  }

  private plainCall(): AuditEntry {
    const nobody = { userId: null, sessionId: null, reason: null };
    return this.entries.call({
      origin: ORIGIN,
      method: 'GET',
      route: null,
      status: 200,
      durationMs: 1,
      ...nobody,
    });
  }

  private plainEvent(): AuditEntry {
    return this.entries.event({ type: 'sys_shutdown', outcome: 'success', origin: ORIGIN, details: {} });
  }
}

/**
 * Parses the required parts of an entry. Returns null for an invalid line, such as one truncated by a machine crash.
 */
function readEntry(line: string): { time: Date; kind: AuditEntry['kind'] } | null {
  try {
    const { time, kind } = JSON.parse(line) as AuditEntry;
    return { time: new Date(new Date(time).toISOString()), kind };
  } catch {
    return null;
  }
}
