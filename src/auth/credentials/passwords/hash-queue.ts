import { setTimeout as delay } from 'node:timers/promises';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';

interface Waiting {
  readonly run: () => void;
}

/**
 * The time that {@link HashQueue.assertRoom} takes to refuse, milliseconds. Clients that retry at once would otherwise
 * be refused a thousand times a second, which costs processor time that the queued hashes need.
 */
const REFUSAL_MS = 700;

const REAL_TIME = { nowMs: () => performance.now(), pause: delay };

/**
 * Runs at most `width` tasks at a time. By the measured duration of tasks, it refuses with `overloaded` (503) those
 * that would wait longer than `maxWaitMs`: a task that finishes after its caller has given up only wastes processor
 * time (OWASP API4:2023).
 */
export class HashQueue {
  private readonly waiting: Waiting[] = [];
  private running = 0;
  constructor(
    private readonly width: number,
    private readonly maxWaitMs: number,
    /** Moving average of the duration of a task, milliseconds; the caller estimates the first value. */
    private paceMs: number,
    private readonly time: { nowMs(): number; pause(ms: number): Promise<unknown> } = REAL_TIME,
  ) {}

  /** The number of waiting tasks. */
  get length(): number {
    return this.waiting.length;
  }

  /**
   * Throws, after a delay, what {@link run} would throw at once. For requests that would otherwise take costly steps
   * before they call `run` and that hold nothing that others wait for.
   */
  async assertRoom(): Promise<void> {
    const refusal = this.refusal();
    if (!refusal) return;
    await this.time.pause(REFUSAL_MS);
    throw refusal;
  }

  /** Runs the task in its turn; `waitMs` is the time that it waited. */
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

  /** Starts the next waiting task, or frees the slot. */
  private release(): void {
    const next = this.waiting.shift();
    if (next) next.run();
    else this.running -= 1;
  }
}
