import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { internalOrigin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import {
  FactorRecoveriesRepository,
  type StoredRecovery,
} from '../credentials/factors/recovery/factor-recoveries.repository.js';
import { RecoveryRuns } from './recovery-runs.js';

const PAUSE_MS = 20_000;
const BATCH = 100;
const ORIGIN = internalOrigin('factor-recovery');

/**
 * Does the steps of recoveries that are due: notices, the last mail, and the end of what is over. Every instance does so; the
 * lock of the account lets one of them do each step.
 */
@Injectable()
export class RecoverySchedule {
  constructor(
    private readonly recoveries: FactorRecoveriesRepository,
    private readonly runs: RecoveryRuns,
    private readonly users: UsersService,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /** Does one batch of steps. Returns whether there may be more. */
  @InBackground({ pauseMs: PAUSE_MS })
  async run(): Promise<boolean> {
    const due = await this.recoveries.findDue(this.clock.now(), { limit: BATCH, all: this.runs.isOff });
    for (const userId of due) {
      await this.transactions.run(async (tx) => {
        const user = await this.users.lock(tx, userId);
        const recovery = user && (await this.recoveries.find(userId, tx));
        if (user && recovery) await this.step(tx, user, recovery);
      });
    }
    return due.length === BATCH;
  }

  private async step(tx: Transaction, user: User, recovery: StoredRecovery): Promise<void> {
    const now = this.clock.now();
    const isDue = now >= recovery.nextAt;
    if (recovery.canceledAt !== null) {
      if (isDue) await this.recoveries.delete(tx, user.id);
    } else if (recovery.changed !== null) {
      await this.runs.cancel(tx, user, { by: recovery.changed, sessionId: null }, ORIGIN);
    } else if (user.disabledAt !== null) {
      await this.runs.cancel(tx, user, { by: 'disabling', sessionId: null }, ORIGIN);
    } else if (this.runs.isOff) {
      await this.runs.cancel(tx, user, { by: 'configuration', sessionId: null }, ORIGIN);
    } else if (isDue) {
      if (recovery.readyAt !== null) await this.runs.expire(tx, user, ORIGIN);
      else if (now >= recovery.dueAt) await this.runs.offer(tx, user, ORIGIN);
      else await this.runs.remind(tx, user, recovery, ORIGIN);
    }
  }
}
