import { Injectable, Logger } from '@nestjs/common';
import { isRowAtFault } from '../../platform/database/row-at-fault.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { internalOrigin } from '../../platform/http/origin.js';
import type { AuditEntry } from '../audit-entry.js';
import { AuditRepository } from '../audit.repository.js';
import { EntryFactory } from '../entry/entry-factory.js';
import { AuditPartitions } from '../partitions/audit-partitions.js';
import { AuditSpool } from './audit-spool.js';

const ORIGIN = internalOrigin('probe');

/**
 * The last resort of a spooled entry that PostgreSQL refused: its month may have no partition, after a long outage
 * or because the clock jumped, and is made. What is refused even then must not hold up all that comes after it; but
 * only where the entry itself is the reason, or whoever can add a constraint to the table would have an empty trail.
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
  ) {}

  /**
   * Inserts the entry and answers it if it is an event, or puts it aside with an error in the log. Throws when
   * PostgreSQL is away, or refuses entries of that kind whatever they say: then all of them wait.
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
    this.spool.quarantine(line);
    this.logger.error(
      `An audit entry was refused by PostgreSQL and put aside: ${(refusal as Error).message}`,
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
      throw new Error(`PostgreSQL accepts none of the records of ${kind}s: ${reason}`, { cause: error });
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

/** What a rescue needs of an entry; null where the line is none, such as what a crash of the machine left of it. */
function readEntry(line: string): { time: Date; kind: AuditEntry['kind'] } | null {
  try {
    const { time, kind } = JSON.parse(line) as AuditEntry;
    return { time: new Date(new Date(time).toISOString()), kind };
  } catch {
    return null;
  }
}
