import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { AuditEvent } from '../../audit/audit-entry.js';
import type { Role } from '../../platform/access/principal.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import type { Origin } from '../../platform/http/origin.js';
import { untilAvailable } from '../../platform/database/until-available.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { User } from '../../users/user.entity.js';
import { AccountPreparation } from './account-preparation.js';
import { type EarlierLines, ImportCheck } from './import-check.js';
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
  /** Called for each skipped line whose address is verified in the file but not by the account that has it. */
  readonly onPreRegistered: (line: number) => void;
  /** Called with the number of lines that are done. */
  readonly onProgress: (lines: number) => void;
}

/** What became of the lines of a file. */
export interface ImportResult {
  readonly imported: number;
  /** Lines whose address has an account already, which was not changed, or is reserved for one. */
  readonly skipped: number;
  readonly faulty: number;
}

/** A run of an import. */
interface Run extends ImportOptions {
  readonly refuse: (line: number, message: string) => void;
  /** Identifies the run in the events about granted roles. */
  readonly importId: string;
  /** The roles that earlier batches have granted, whose grant needs no further event. */
  readonly granted: Set<Role>;
  readonly earlier: EarlierLines;
}

/**
 * Imports accounts from lines of JSON. Each batch is one transaction, so an interrupted import can be repeated: what is there
 * already is skipped. Faulty lines are reported, and do not prevent others from being imported. No mail is sent.
 */
@Injectable()
export class AccountImport {
  constructor(
    private readonly check: ImportCheck,
    private readonly preparation: AccountPreparation,
    private readonly accounts: ImportedAccounts,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
    private readonly ids: UuidV7,
  ) {}

  /** Throws `dependency_unavailable` if PostgreSQL is unavailable for longer than 20 s. */
  async run(lines: AsyncIterable<string>, options: ImportOptions): Promise<ImportResult> {
    const seen = new Set<string>();
    const sum = { imported: 0, skipped: 0, faulty: 0 };
    let batch: NumberedRow[] = [];
    let line = 0;
    const refuse = (number: number, message: string) => {
      sum.faulty += 1;
      options.onFault(number, message);
    };
    const own = {
      importId: this.ids.next(),
      granted: new Set<Role>(),
      earlier: { ids: new Set<string>(), credentials: new Set<string>() },
    };
    const finish = async () => {
      const outcome = await this.importBatch(batch, { ...options, ...own, refuse });
      sum.imported += outcome.imported;
      sum.skipped += outcome.skipped.length;
      const preRegistered = await untilAvailable(() => this.check.preRegistered(outcome.skipped));
      for (const skipped of preRegistered) options.onPreRegistered(skipped);
      options.onProgress(line);
      batch = [];
    };
    for await (const text of lines) {
      line += 1;
      if (text.trim() === '') continue;
      try {
        const row = parseImportRow(text);
        const { email } = row.account;
        if (seen.has(email)) throw new FaultyRow('the address is in an earlier line of the file');
        seen.add(email);
        batch.push({ ...row, line });
      } catch (error) {
        if (!(error instanceof FaultyRow)) throw error;
        refuse(line, error.message);
      }
      if (batch.length === BATCH) await finish();
    }
    await finish();
    return sum;
  }

  private async importBatch(
    batch: readonly NumberedRow[],
    run: Run,
  ): Promise<{ readonly imported: number; readonly skipped: readonly NumberedRow[] }> {
    const { isDryRun, refuse, granted, earlier } = run;
    if (batch.length === 0) return { imported: 0, skipped: [] };
    const { fresh, skipped, faults } = await untilAvailable(() => this.check.sort(batch, earlier));
    for (const { line, message } of faults) refuse(line, message);
    if (isDryRun || fresh.length === 0) return { imported: fresh.length, skipped };
    // Fast digests are wrapped before the transaction, which must be short.
    const prepared = await this.preparation.prepare(fresh);
    let attempts = 0;
    const users = await untilAvailable(() =>
      this.transactions.run(async (tx: Transaction) => {
        attempts += 1;
        const written = await this.accounts.insert(tx, prepared);
        await this.audit.recordAll(tx, eventsOf(written, run));
        // A former attempt may have been committed, and only the answer to that have been lost.
        return attempts > 1 ? this.accounts.written(tx, prepared) : written;
      }),
    );
    for (const role of privilegesOf(users)) granted.add(role);
    const written = new Set(users.map(({ email }) => email));
    const late = fresh.filter(({ account }) => !written.has(account.email));
    return { imported: users.length, skipped: [...skipped, ...late] };
  }
}

/** The roles beyond `user`. */
const privilegesOf = (users: readonly User[]) =>
  new Set(users.flatMap(({ roles }) => roles).filter((role) => role !== 'user'));

/**
 * The events of a batch: one for each account and, if there are roles that no earlier batch has granted, one for all roles of the
 * run until now, which replaces those of earlier batches in the alert about the run. They belong to the batch's
 * transaction: if a later batch fails, the new administrators stay.
 */
function eventsOf(users: readonly User[], { importId, granted, origin }: Run): AuditEvent[] {
  const events: AuditEvent[] = users.map(({ id, roles }) => ({
    type: 'user_created',
    outcome: 'success',
    userId: id,
    origin,
    details: { roles },
  }));
  const all = new Set([...granted, ...privilegesOf(users)]);
  if (all.size > granted.size)
    events.push({
      type: 'privilege_permissions_changed',
      outcome: 'success',
      origin,
      details: { granted: [...all], revoked: [], importId },
    });
  return events;
}
