import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { internalOrigin } from '../../platform/http/origin.js';
import { AuditService } from '../audit.service.js';
import type { Month } from '../partitions/month.js';
import { NewestSeal } from '../seals/newest-seal.js';
import { SealsRepository } from '../seals/seals.repository.js';
import { type Statement, StatementsRepository } from './statements.repository.js';

/** Statements read at a time, each with a few look-ups by index in every later month. */
const READ_AT_ONCE = 200;

/**
 * Keeps an erasure stated for as long as an erased entry needs the statement. An entry that reached the trail late is in a later
 * month than the statement, and so is dropped later.
 */
@Injectable()
export class LastingStatements {
  constructor(
    private readonly statements: StatementsRepository,
    private readonly seals: SealsRepository,
    private readonly newest: NewestSeal,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * States the erasures of a month anew that entries of later months need. Returns whether all of that is sealed, so that the
   * month may be dropped.
   */
  async outlive(month: Month): Promise<boolean> {
    let after: Statement | null = null;
    let mayBeDropped = true;
    do {
      const page: Statement[] | null = await this.renew(month, after);
      if (page === null) return false;
      const sealedTo = (await this.newest.read())?.toPosition ?? 0;
      mayBeDropped &&= page.every(
        ({ isNeeded, anewAt }) => !isNeeded || (anewAt !== null && anewAt < sealedTo),
      );
      after = page.length === READ_AT_ONCE ? page.at(-1)! : null;
    } while (after !== null);
    return mayBeDropped;
  }

  /** Returns the next statements as they were before; null if another instance is sealing or does the same. */
  private async renew(month: Month, after: Statement | null): Promise<Statement[] | null> {
    return this.transactions.run(async (tx) => {
      if (!(await this.seals.tryLock(tx))) return null;
      const page = await this.statements.page(tx, { month, after, limit: READ_AT_ONCE });
      const anew = page.filter(({ isNeeded, anewAt }) => isNeeded && anewAt === null);
      await this.audit.recordAll(
        tx,
        anew.map(({ userId, details }) => ({
          type: 'personal_data_erased',
          outcome: 'success',
          userId,
          // The details name whoever deleted the account, as in the first statement.
          origin: internalOrigin('erasure'),
          details,
        })),
      );
      return page;
    });
  }
}
