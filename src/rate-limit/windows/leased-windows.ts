import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { RedisConnection } from '../../platform/redis/redis-connection.js';
import type { SharedDecision } from './consume-command.js';
import { type Lease, SETTLE_MS } from './lease.js';
import { Leases } from './leases.js';
import { RedisWindows } from './redis-windows.js';
import type { Decision, Window, WindowStore } from './window.js';

/**
 * Windows shared by all instances. Those that are not exact are counted by leases: while one is less than half full and
 * requested often, this process takes permits in the command that counts a request, spends them without further commands,
 * and gives back the rest. A request needs no command if there is a permit for each of its windows. For an exact window,
 * Redis is asked at every request.
 *
 * Redis counts a permit from its grant until a window after the end of its term, so the limit holds over any number of
 * instances. The permits of a process that was killed, or of a reply that was lost, stay counted for as long.
 */
@Injectable()
export class LeasedWindows implements WindowStore, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly leases = new Leases();
  private readonly settling = new RepeatingTask(LeasedWindows.name, () => this.settleEnded(), {
    pauseMs: SETTLE_MS,
  });
  private isClosing = false;

  constructor(
    private readonly connection: RedisConnection,
    private readonly shared: RedisWindows,
  ) {}

  onApplicationBootstrap(): void {
    if (this.connection.configured && !this.connection.clustered) this.settling.startWithPause();
  }

  /** Gives everything back, pending permits once they are decided; from now on Redis counts each request. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isClosing = true;
    await this.settling.stop();
    this.shared.settle(this.leases.takeAll());
    await this.shared.settled();
  }

  /** Throws `RedisUnavailable` when Redis had to be asked and does not decide in time. */
  async consume(windows: readonly Window[]): Promise<readonly Decision[]> {
    if (this.connection.clustered) return this.shared.consume(windows);
    const now = performance.now();
    const leases = windows.map((window) => this.leases.spend(window, now));
    const rest = windows.filter((_, index) => leases[index] === null);
    const answers = rest.length === 0 ? [] : await this.ask(rest, leases);
    // Redis counts leased permits as used, so it may have refused this one although other requests of the turn leased some.
    if (rest.some((window, index) => !answers[index]!.allowed && this.holds(window)))
      return this.consume(windows);
    const decidedAt = performance.now();
    const nextAnswer = answers.values();
    return leases.map((lease) => {
      if (lease === null) return nextAnswer.next().value!;
      const decision = lease.decide(decidedAt);
      return answers[0] ? { ...decision, at: answers[0].at } : decision;
    });
  }

  async refund(windows: readonly Window[], at: number): Promise<void> {
    await this.shared.refund(windows, at);
  }

  /** Gives back what is unspent of leases that are over. */
  async settleEnded(): Promise<void> {
    this.shared.settle(this.leases.takeAllEnded(performance.now()));
    await this.shared.settled();
  }

  /**
   * Asks Redis about windows, and for leases where they save commands. If it refuses the request or does not reply, the
   * request's permits of `leases` are put back.
   */
  private async ask(windows: readonly Window[], leases: readonly (Lease | null)[]): Promise<Decision[]> {
    const now = performance.now();
    this.shared.settle(windows.flatMap((window) => this.leases.takeEnded(window, now)));
    const wanted = windows.map((window) => {
      const permits = this.isClosing ? 0 : this.leases.request(window, now);
      return permits > 0 ? { ...window, permits } : window;
    });
    for (const lease of leases) lease?.awaitDecision();
    let isAdmitted = false;
    try {
      const decisions = await this.shared.consume(wanted);
      isAdmitted = decisions.every(({ allowed }) => allowed);
      return decisions.map((decision, index) => this.learn(windows[index]!, decision));
    } finally {
      for (const lease of leases) lease?.conclude(isAdmitted);
      if (this.isClosing) this.shared.settle(this.leases.takeAll());
      for (const window of wanted) if ('permits' in window) this.leases.answered(window);
    }
  }

  /** Adds the lease that came with a decision of Redis, and what this process may still spend, which Redis has counted. */
  private learn(window: Window, { grant, ...decision }: SharedDecision): Decision {
    if (grant) this.leases.add(window, grant, decision);
    const lease = this.leases.find(window);
    lease?.learn(decision);
    return decision.allowed
      ? { ...decision, remaining: decision.remaining + (lease?.unspent ?? 0) }
      : decision;
  }

  private holds(window: Window): boolean {
    const lease = this.leases.find(window);
    return lease !== undefined && lease.unspent > 0 && !lease.isOver(performance.now());
  }
}
