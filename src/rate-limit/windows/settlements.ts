import type { Clock } from '../../platform/clock/clock.js';
import type { RedisConnection } from '../../platform/redis/redis-connection.js';
import { evaluate } from '../../platform/redis/redis-script.js';
import { RedisUnavailable } from '../../platform/redis/redis-unavailable.js';
import type { Lease } from './lease.js';
import { SETTLE } from './redis-scripts.js';

/** Leases per script. */
const BATCH = 128;

/** Gives back what is unspent of ended leases, in one command for all of a turn of the event loop. */
export class Settlements {
  private waiting: Lease[] = [];
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: RedisConnection,
    private readonly clock: Clock,
  ) {}

  /** Sends leases at the end of this turn of the event loop. Their permits must no longer be spent. */
  add(leases: readonly Lease[]): void {
    if (leases.length === 0) return;
    if (this.waiting.length === 0) this.connection.atEndOfTurn(() => this.flush());
    this.waiting.push(...leases);
  }

  /** Sends what is waiting now, so that commands sent after it find it settled. */
  flush(): void {
    const leases = this.waiting;
    this.waiting = [];
    for (let start = 0; start < leases.length; start += BATCH) {
      this.last = this.settle(leases.slice(start, start + BATCH));
    }
  }

  /** Resolves when all that was sent is answered, which is in the order in which it was sent. */
  async done(): Promise<void> {
    this.flush();
    await this.last;
  }

  private async settle(leases: readonly Lease[]): Promise<void> {
    const keys = leases.map(({ window }) => window.key);
    const args = leases.flatMap(({ grant, spent, window }) => [
      grant.endUs,
      spent,
      window.windowMs * 1000,
      window.grain,
    ]);
    try {
      await this.connection.run((client) =>
        evaluate(client, SETTLE, keys, [this.clock.aheadMs() * 1000, ...args]),
      );
    } catch (error) {
      // The permits stay counted until they leave the window.
      if (!(error instanceof RedisUnavailable)) throw error;
    }
  }
}
