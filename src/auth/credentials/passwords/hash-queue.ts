import { setTimeout as delay } from 'node:timers/promises';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';

interface Waiting {
  readonly run: () => void;
}

/**
 * {@link HashQueue.assertRoom} takes so long to refuse, milliseconds. Clients that retry a refusal at once would
 * otherwise be refused a thousand times a second, which costs the very processor time that the hashes in the queue need.
 */
const REFUSAL_MS = 700;

const REAL_TIME = { nowMs: () => performance.now(), pause: delay };

/**
 * Runs at most `width` pieces of work at a time and refuses, with `overloaded` (503), what would wait longer than
 * `maxWaitMs` by the measured pace: work that finishes after its caller has left only wastes processor time (OWASP API4:2023).
 */
export class HashQueue {
  private readonly waiting: Waiting[] = [];
  private running = 0;
  constructor(
    private readonly width: number,
    private readonly maxWaitMs: number,
    /** Moving average of one piece of work, milliseconds; the caller guesses the first. */
    private paceMs: number,
    private readonly time: { nowMs(): number; pause(ms: number): Promise<unknown> } = REAL_TIME,
  ) {}

  /** Pieces of work that wait for their turn. */
  get length(): number {
    return this.waiting.length;
  }

  /**
   * Throws what {@link run} would, and takes its time: for a request that has costly steps to take before, and nothing
   * that others wait for. `run` itself refuses at once, since its caller may hold a count, or do without the hash.
   */
  async assertRoom(): Promise<void> {
    const refusal = this.refusal();
    if (!refusal) return;
    await this.time.pause(REFUSAL_MS);
    throw refusal;
  }

  /** Runs the work in its turn; `waitMs` tells it how long that took. */
  async run<T>(work: (waitMs: number) => Promise<T>): Promise<T> {
    const arrivedMs = this.time.nowMs();
    const refusal = this.refusal();
    if (refusal) throw refusal;
    if (this.running < this.width) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting.push({ run: resolve }));
    const startedMs = this.time.nowMs();
    try {
      return await work(startedMs - arrivedMs);
    } finally {
      this.paceMs += (this.time.nowMs() - startedMs - this.paceMs) * 0.1;
      this.release();
    }
  }

  private refusal(): Problem | null {
    if (this.running < this.width) return null;
    const expectedWaitMs = ((this.waiting.length + 1) / this.width) * this.paceMs;
    if (expectedWaitMs <= this.maxWaitMs) return null;
    return new Problem(PlatformErrors.overloaded, { retryAfterSeconds: Math.ceil(expectedWaitMs / 1000) });
  }

  /** Hands the place to the next in line, or frees it. */
  private release(): void {
    const next = this.waiting.shift();
    if (next) next.run();
    else this.running -= 1;
  }
}
