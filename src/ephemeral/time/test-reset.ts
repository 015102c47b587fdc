import { Injectable } from '@nestjs/common';
import { DetectionService } from '../../monitoring/detection/detection.service.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { MemoryWindows } from '../../rate-limit/windows/memory-windows.js';
import { SessionRevocation } from '../../sessions/revocation/session-revocation.js';
import { ResetKeys } from '../machines/reset-keys.js';
import { TracesOfTestsRepository } from './traces-of-tests.repository.js';

/** Makes the service as it was after its start, but for its time. */
@Injectable()
export class TestReset {
  constructor(
    private readonly traces: TracesOfTestsRepository,
    private readonly revocation: SessionRevocation,
    private readonly keys: ResetKeys,
    private readonly windows: MemoryWindows,
    private readonly detection: DetectionService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Removes everything that belongs to somebody, and what was counted. The trail stays, but detection passes over it. */
  async empty(): Promise<void> {
    const sessions = await this.traces.liveSessions(null);
    const end = await this.traces.endOfTrail();
    await this.transactions.run(async (tx) => {
      // First, because alerts about what is being evaluated must be there to be deleted.
      await this.detection.startAt(tx, end);
      await this.revocation.endAll(tx, sessions, 'ended_by_administrator');
      await this.keys.endAll(tx);
      await this.traces.empty(tx);
      await this.keys.restore(tx);
    });
    this.windows.clear();
  }
}
