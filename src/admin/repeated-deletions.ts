import { Injectable } from '@nestjs/common';
import { userIdIn } from '../audit/erasure/erased-lines.js';
import { Erasures } from '../audit/erasure/erasures.js';
import { TransactionRunner } from '../platform/database/transaction-runner.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import type { Origin } from '../platform/http/origin.js';
import { UsersErrors } from '../users/users.errors.js';
import { AccountAdministration } from './account-administration.js';

/** What became of the lines of a file of deleted people. */
export interface RepeatedResult {
  /** Accounts that a restore had brought back, and that are deleted again. */
  readonly deleted: number;
  /** People without an account whose traces in the trail are to be erased. */
  readonly requested: number;
  /** People of whom nothing is left, or whose erasure is under way. */
  readonly known: number;
  readonly faulty: number;
}

/**
 * Deletes again the people of a file that instances keep (`DATA_DIR/erased.ndjson`), after a restore from a backup that is older
 * than the deletions. It can be repeated.
 */
@Injectable()
export class RepeatedDeletions {
  constructor(
    private readonly accounts: AccountAdministration,
    private readonly erasures: Erasures,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Calls `onFault` with the number of each line, from 1, that cannot be read or carried out. */
  async run(
    lines: AsyncIterable<string>,
    origin: Origin,
    onFault: (line: number, message: string) => void,
  ): Promise<RepeatedResult> {
    const sum = { deleted: 0, requested: 0, known: 0, faulty: 0 };
    let line = 0;
    for await (const text of lines) {
      line += 1;
      if (text.trim() === '') continue;
      const userId = userIdIn(text);
      const outcome = userId === null ? 'not an object with a userId' : await this.repeat(userId, origin);
      if (outcome === 'deleted' || outcome === 'requested' || outcome === 'known') sum[outcome] += 1;
      else {
        sum.faulty += 1;
        onFault(line, outcome);
      }
    }
    return sum;
  }

  private async repeat(userId: string, origin: Origin): Promise<string> {
    try {
      await this.accounts.delete(userId, origin);
      return 'deleted';
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.row === UsersErrors.last_administrator)
        return 'the account is that of the last administrator';
      if (error.row !== PlatformErrors.not_found) throw error;
    }
    const isNew = await this.transactions.run((tx) =>
      this.erasures.requestUnlessKnown(tx, userId, origin.actor ?? null),
    );
    return isNew ? 'requested' : 'known';
  }
}
