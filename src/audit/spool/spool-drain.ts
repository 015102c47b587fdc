import { Injectable, Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { AuditEntry } from '../audit-entry.js';
import { UsableSecrets } from '../../platform/crypto/usable-secrets.js';
import { isRowAtFault } from '../../platform/database/row-at-fault.js';
import { AuditRepository } from '../audit.repository.js';
import { CallsRepository } from '../calls.repository.js';
import { AuditSpool } from './audit-spool.js';
import { RejectedEntries } from './rejected-entries.js';
import { SpooledCodes } from './spooled-codes.js';
import { jsonOfRows, sortLines } from './spooled-lines.js';

/** Entries per statement; PostgreSQL inserts this many well within the statement timeout even on a busy machine. */
const BATCH = 500;

/** Sends the contents of the spool to PostgreSQL, oldest first. */
@Injectable()
export class SpoolDrain {
  /** The events (not the calls) written to PostgreSQL this way, emitted after their commit. */
  readonly committed = new Subject<AuditEntry>();
  private readonly logger = new Logger(SpoolDrain.name);

  constructor(
    private readonly spool: AuditSpool,
    private readonly calls: CallsRepository,
    private readonly repository: AuditRepository,
    private readonly rejected: RejectedEntries,
    private readonly codes: SpooledCodes,
    private readonly secrets: UsableSecrets,
  ) {}

  /**
   * Sends everything that waits. Returns true if further segments were closed meanwhile, so that no pause should
   * follow. Throws if PostgreSQL is unavailable; unsent entries keep waiting.
   */
  async run(): Promise<boolean> {
    this.spool.housekeep();
    for (const segment of this.spool.waiting()) {
      // Sending a backlog takes longer than other processes wait for a sign of life.
      this.spool.housekeep();
      for (const batch of segment.batches()) await this.send(batch);
      this.spool.remove(segment);
    }
    return this.spool.hasClosedSegment;
  }

  private async send(lines: Buffer): Promise<void> {
    await this.secrets.assertUsable();
    const { rows, json } = sortLines(lines);
    const isCopied = rows.length === 0 || (!this.codes.areFormer(rows) && (await this.calls.copy(rows)));
    const left = (isCopied ? json : [...jsonOfRows(rows), ...json])
      .filter((line) => !this.isSetAside(line))
      .map((line) => this.codes.renewed(line));
    for (let start = 0; start < left.length; start += BATCH)
      await this.insert(left.slice(start, start + BATCH));
  }

  /** Returns whether a line was quarantined because its secret is not known: without its code, it would count as forged. */
  private isSetAside(line: string): boolean {
    const keyId = this.codes.lackedBy(line);
    if (keyId === null) return false;
    this.spool.quarantine(line);
    this.logger.error(
      `An audit entry stays quarantined: its code was made with the secret with the key id ${keyId}; ` +
        'name that secret in JWT_SECRET_KEY_PREVIOUS until the entry is sent',
    );
    return true;
  }

  private async insert(lines: string[]): Promise<void> {
    try {
      this.announce(await this.repository.insert(lines));
    } catch (error) {
      if (!isRowAtFault(error)) throw error;
      if (lines.length === 1) this.announce(await this.rejected.retryOrQuarantine(lines[0]!, error));
      else for (const line of lines) await this.insert([line]);
    }
  }

  private announce(entries: readonly AuditEntry[]): void {
    for (const entry of entries) this.committed.next(entry);
  }
}
