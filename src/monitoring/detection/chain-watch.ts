import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditVerification } from '../../audit/verification/audit-verification.js';
import type { Fault } from '../../audit/verification/fault.js';
import { Clock } from '../../platform/clock/clock.js';
import { isDue } from '../../platform/clock/is-due.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { Environment } from '../../platform/config/environment.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { AlertKind, Finding } from '../alerts/alert-kind.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import { Leadership } from '../../platform/leader/leadership.js';

const PAUSE_MS = 1_000;
const RETRY_MS = 60_000;

/** The trail was changed outside the service. Only a person can resolve this alert. */
export const AUDIT_CHAIN_BROKEN: AlertKind = {
  name: 'audit_chain_broken',
  severity: 'critical',
  quietSeconds: null,
};

/** Verifies the trail at an interval, on the leader, and raises any fault found. */
@Injectable()
export class ChainWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(ChainWatch.name, () => this.step(), { pauseMs: PAUSE_MS });
  private readonly stopping = new AbortController();
  private nextMs = 0;
  /** Verification reports a fault once, so it is kept until its alert is written. */
  private found: Fault | null = null;

  constructor(
    private readonly environment: Environment,
    private readonly leadership: Leadership,
    private readonly verification: AuditVerification,
    private readonly raiser: AlertRaiser,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.task.stop();
  }

  /** Verifies the new entries once the interval has passed; the first time, the whole trail. */
  async step(): Promise<void> {
    const nowMs = this.clock.nowMs();
    if (!this.leadership.isLeader) return;
    const intervalMs = this.environment.AUDIT_VERIFY_INTERVAL_SECONDS * 1000;
    if (isDue(this.nextMs, nowMs, intervalMs)) {
      // If verification fails, it is retried sooner than the interval, which may be a day.
      this.nextMs = nowMs + Math.min(intervalMs, RETRY_MS);
      this.found ??= await this.verifyNew();
      this.nextMs = nowMs + intervalMs;
    }
    if (this.found) await this.raise(this.found);
  }

  /** Stops early when the process shuts down. The next verification continues from there. */
  private async verifyNew(): Promise<Fault | null> {
    try {
      return (await this.verification.verifyNew(this.stopping.signal)).firstFault;
    } catch (error) {
      if (this.stopping.signal.aborted) return null;
      throw error;
    }
  }

  private async raise({ id, kind, detail }: Fault): Promise<void> {
    const now = this.clock.now();
    const finding: Finding = {
      kind: AUDIT_CHAIN_BROKEN,
      subject: `audit:${id}`,
      count: 1,
      firstSeenAt: now,
      lastSeenAt: now,
      evidence: {
        summary: `The audit trail was altered: ${detail}`,
        firstBadEntry: id,
        fault: kind,
      },
    };
    await this.transactions.run((tx) => this.raiser.raise(tx, [finding]));
    this.found = null;
  }
}
