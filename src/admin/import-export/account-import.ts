import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Origin } from '../../platform/http/origin.js';
import { untilAvailable } from '../../platform/database/until-available.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { ImportCheck } from './import-check.js';
import { FaultyRow, type NumberedRow, parseImportRow } from './import-row.js';
import { ImportedAccounts } from './imported-accounts.js';

/** Accounts written in one transaction: few enough that a statement keeps its deadline on a busy machine. */
const BATCH = 250;

/** How to import. */
export interface ImportOptions {
  /** Checks everything and writes nothing. */
  readonly isDryRun: boolean;
  readonly origin: Origin;
  /** Called for each line that cannot be imported; lines are numbered from 1. */
  readonly onFault: (line: number, message: string) => void;
  /** Called with the number of lines that are done. */
  readonly onProgress: (lines: number) => void;
}

/** What became of the lines of a file. */
export interface ImportResult {
  readonly imported: number;
  /** Lines whose address has an account already; it was not changed. */
  readonly skipped: number;
  readonly faulty: number;
}

/**
 * Imports accounts from lines of JSON. Each batch is one transaction, so an interrupted import can be repeated: what is there
 * already is skipped. Faulty lines are reported, and do not prevent others from being imported. No mail is sent.
 */
@Injectable()
export class AccountImport {
  constructor(
    private readonly check: ImportCheck,
    private readonly accounts: ImportedAccounts,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Throws `dependency_unavailable` if PostgreSQL is unavailable. */
  async run(lines: AsyncIterable<string>, options: ImportOptions): Promise<ImportResult> {
    const seen = new Set<string>();
    const sum = { imported: 0, skipped: 0, faulty: 0 };
    let batch: NumberedRow[] = [];
    let line = 0;
    const refuse = (number: number, message: string) => {
      sum.faulty += 1;
      options.onFault(number, message);
    };
    const finish = async () => {
      const outcome = await this.importBatch(batch, options, refuse);
      sum.imported += outcome.imported;
      sum.skipped += outcome.skipped;
      options.onProgress(line);
      batch = [];
    };
    const granted = new Set<string>();
    for await (const text of lines) {
      line += 1;
      if (text.trim() === '') continue;
      try {
        const row = parseImportRow(text);
        const { email, roles = [] } = row.account;
        if (seen.has(email)) throw new FaultyRow('the address is in an earlier line of the file');
        seen.add(email);
        for (const role of roles) granted.add(role);
        batch.push({ ...row, line });
      } catch (error) {
        if (!(error instanceof FaultyRow)) throw error;
        refuse(line, error.message);
      }
      if (batch.length === BATCH) await finish();
    }
    await finish();
    granted.delete('user');
    if (!options.isDryRun && sum.imported > 0 && granted.size > 0)
      await this.recordGrants([...granted], options.origin);
    return sum;
  }

  private async importBatch(
    batch: readonly NumberedRow[],
    { isDryRun, origin }: ImportOptions,
    refuse: (line: number, message: string) => void,
  ): Promise<Pick<ImportResult, 'imported' | 'skipped'>> {
    if (batch.length === 0) return { imported: 0, skipped: 0 };
    const { fresh, skipped, faults } = await this.check.sort(batch);
    for (const { line, message } of faults) refuse(line, message);
    if (isDryRun || fresh.length === 0) return { imported: fresh.length, skipped };
    // Fast digests are wrapped before the transaction, which must be short.
    const prepared = await this.accounts.prepare(fresh);
    const imported = await untilAvailable(() =>
      this.transactions.run(async (tx: Transaction) => {
        const users = await this.accounts.insert(tx, prepared);
        const created = users.map(({ id, roles }) => ({
          type: 'user_created' as const,
          outcome: 'success' as const,
          userId: id,
          origin,
          details: { roles },
        }));
        await this.audit.recordAll(tx, created);
        return users.length;
      }),
    );
    return { imported, skipped: skipped + fresh.length - imported };
  }

  /** One event a run, so that there is one alert. */
  private async recordGrants(granted: string[], origin: Origin): Promise<void> {
    await this.audit.recordAlone({
      type: 'privilege_permissions_changed',
      outcome: 'success',
      origin,
      details: { granted, revoked: [] },
    });
  }
}
