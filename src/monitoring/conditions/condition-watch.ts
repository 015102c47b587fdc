import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Evidence, Finding } from '../alerts/alert-kind.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import { CONDITIONS, type Condition } from './condition.js';
import { Dependencies } from './dependencies.js';
import { OutageNotifier } from './outage-notifier.js';

const TICK_MS = 1_000;
/** How often a persisting cause is raised again; a fraction of the quiet period after which an alert resolves. */
const REPEAT_MS = 5_000;

interface Watched {
  readonly condition: Condition;
  /** Since when the condition has been true without interruption; null if it is not true. */
  sinceMs: number | null;
  /** When it was last raised; null if it has not been raised. */
  raisedMs: number | null;
}

/**
 * Checks once a second the conditions that only this process can observe, and raises those that are true, repeatedly
 * for as long as they last. While PostgreSQL is unavailable, the notifier takes over, and the rows are written
 * afterwards.
 */
@Injectable()
export class ConditionWatch {
  private readonly watched: readonly Watched[];

  constructor(
    @Inject(CONDITIONS) conditions: readonly Condition[],
    private readonly raiser: AlertRaiser,
    private readonly transactions: TransactionRunner,
    private readonly notifier: OutageNotifier,
    private readonly dependencies: Dependencies,
    private readonly clock: Clock,
  ) {
    this.watched = conditions.map((condition) => ({ condition, sinceMs: null, raisedMs: null }));
  }

  /** Checks every condition once. */
  @InBackground({ pauseMs: TICK_MS, startsAtOnce: true })
  async tick(): Promise<void> {
    const findings = this.watched.flatMap((watched) => this.findingOf(watched) ?? []);
    if (this.dependencies.downForMs('postgresql') > 0) return this.notifier.announce(findings);
    try {
      await this.notifier.handOver(findings, (writable) => this.write(writable));
    } catch (error) {
      // PostgreSQL has just become unavailable, so the notifier must announce these as new.
      for (const watched of this.watched) watched.raisedMs = null;
      throw error;
    }
  }

  private async write(findings: readonly Finding[]): Promise<void> {
    if (findings.length === 0) return;
    await this.transactions.run((tx) => this.raiser.raise(tx, findings));
  }

  private findingOf(watched: Watched): Finding | null {
    const evidence = watched.condition.check();
    const nowMs = this.clock.nowMs();
    if (!evidence) {
      watched.sinceMs = watched.raisedMs = null;
      return null;
    }
    // A time in the future means that the clock was set back.
    watched.sinceMs = Math.min(watched.sinceMs ?? nowMs, nowMs);
    if (nowMs - watched.sinceMs < watched.condition.forSeconds * 1000) return null;
    if (watched.raisedMs !== null && Math.abs(nowMs - watched.raisedMs) < REPEAT_MS) return null;
    const count = watched.raisedMs === null ? 1 : 0;
    watched.raisedMs = nowMs;
    return this.finding(watched.condition, watched.sinceMs, nowMs, count, evidence);
  }

  private finding(
    kind: Condition,
    sinceMs: number,
    nowMs: number,
    count: number,
    evidence: Evidence,
  ): Finding {
    return {
      kind,
      subject: kind.subject,
      count,
      firstSeenAt: new Date(sinceMs),
      lastSeenAt: new Date(nowMs),
      evidence,
    };
  }
}
