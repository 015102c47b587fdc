import { Injectable } from '@nestjs/common';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { SystemClock } from '../../platform/clock/clock.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { MemoryWindows } from '../../rate-limit/windows/memory-windows.js';
import { SessionRevocation } from '../../sessions/revocation/session-revocation.js';
import { MovableClock } from './movable-clock.js';
import { TracesOfTestsRepository } from './traces-of-tests.repository.js';

/** Moves the clock of the service, and has done what is due by then. */
@Injectable()
export class TestClock {
  private readonly real = new SystemClock();

  constructor(
    private readonly clock: MovableClock,
    private readonly traces: TracesOfTestsRepository,
    private readonly revocation: SessionRevocation,
    private readonly windows: MemoryWindows,
    private readonly transactions: TransactionRunner,
  ) {}

  get now(): Date {
    return this.clock.now();
  }

  get isMoved(): boolean {
    return this.clock.aheadMs() !== 0;
  }

  /** Moves the clock; resolves when the tasks of the service have run at the new time. */
  async move(change: (clock: MovableClock) => void): Promise<void> {
    // What waits to be stored and sealed would seem to have waited for as long as the clock is moved.
    await RepeatingTask.runAll();
    change(this.clock);
    await this.traces.moveDatabaseClock(this.clock.aheadMs());
    await this.catchUp();
  }

  /** Goes back to real time: whatever was to last until a later time has not happened. The trail keeps what was recorded. */
  async reset(): Promise<void> {
    const wasAhead = this.isMoved;
    await RepeatingTask.runAll();
    this.clock.reset();
    await this.traces.moveDatabaseClock(0);
    const now = this.real.now();
    const later = await this.traces.liveSessions(now);
    await this.transactions.run(async (tx) => {
      await this.revocation.endAll(tx, later, 'ended_by_administrator');
      await this.traces.forgetAfter(tx, now);
    });
    this.windows.clear();
    if (wasAhead) await this.catchUp();
  }

  /** Twice: what one task has found to be due is done by another, such as the mails of an alert. */
  private async catchUp(): Promise<void> {
    await RepeatingTask.runAll();
    await RepeatingTask.runAll();
  }
}
