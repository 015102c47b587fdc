import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Evidence, Finding } from '../alerts/alert-kind.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import { CONDITIONS, type Condition } from './condition.js';
import { Dependencies } from './dependencies.js';
import { OutageNotifier } from './outage-notifier.js';

const TICK_MS = 1_000;
/** How often a lasting cause is said again; a fraction of the time after which silence means that it is over. */
const REPEAT_MS = 5_000;

interface Watched {
  readonly condition: Condition;
  /** Since when the condition has been true without a break; null while it is not. */
  sinceMs: number | null;
  /** When it was last said; null before the first time. */
  saidMs: number | null;
}

/**
 * Checks once a second what only this process can see of itself, raises what is true, and says so again for as long
 * as it lasts. While PostgreSQL is away the herald speaks, and the rows are written when it is back.
 */
@Injectable()
export class ConditionWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(ConditionWatch.name, () => this.tick(), { pauseMs: TICK_MS });
  private readonly watched: readonly Watched[];

  constructor(
    @Inject(CONDITIONS) conditions: readonly Condition[],
    private readonly raiser: AlertRaiser,
    private readonly transactions: TransactionRunner,
    private readonly notifier: OutageNotifier,
    private readonly dependencies: Dependencies,
    private readonly clock: Clock,
  ) {
    this.watched = conditions.map((condition) => ({ condition, sinceMs: null, saidMs: null }));
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /** Checks every condition once. */
  async tick(): Promise<void> {
    const findings = this.watched.flatMap((watched) => this.findingOf(watched) ?? []);
    if (this.dependencies.downForMs('postgresql') > 0) return this.notifier.announce(findings);
    try {
      await this.write(findings);
    } catch (error) {
      // Unsaid: PostgreSQL has just gone away, and the herald is to speak.
      for (const watched of this.watched) watched.saidMs = null;
      throw error;
    }
  }

  private async write(findings: readonly Finding[]): Promise<void> {
    const pending = this.notifier.pending();
    if (pending.length > 0) {
      await this.transactions.run((tx) => this.raiser.raise(tx, pending));
      this.notifier.forget();
    }
    const free = await this.notifier.release(findings);
    if (free.length > 0) await this.transactions.run((tx) => this.raiser.raise(tx, free));
  }

  private findingOf(watched: Watched): Finding | null {
    const evidence = watched.condition.check();
    const nowMs = this.clock.nowMs();
    if (!evidence) {
      watched.sinceMs = watched.saidMs = null;
      return null;
    }
    watched.sinceMs ??= nowMs;
    if (nowMs - watched.sinceMs < watched.condition.forSeconds * 1000) return null;
    if (watched.saidMs !== null && nowMs - watched.saidMs < REPEAT_MS) return null;
    const count = watched.saidMs === null ? 1 : 0;
    watched.saidMs = nowMs;
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
