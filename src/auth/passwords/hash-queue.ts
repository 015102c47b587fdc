import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';

interface Waiting {
  readonly run: () => void;
}

/**
 * Runs at most `width` pieces of work at a time and refuses, with `overloaded` (503), what would wait longer than
 * `maxWaitMs` by the measured pace: a queue that nobody would wait out only burns processor time (OWASP API4:2023).
 */
export class HashQueue {
  private readonly waiting: Waiting[] = [];
  private running = 0;
  /** Moving average of one piece of work, milliseconds; the first guess is bcrypt at cost 12. */
  private paceMs = 250;

  constructor(
    private readonly width: number,
    private readonly maxWaitMs: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Pieces of work that wait for their turn. */
  get length(): number {
    return this.waiting.length;
  }

  /** Runs the work in its turn; `waitMs` tells it how long that took. */
  async run<T>(work: (waitMs: number) => Promise<T>): Promise<T> {
    const arrivedMs = this.nowMs();
    if (this.running >= this.width) await this.turn();
    else this.running += 1;
    const startedMs = this.nowMs();
    try {
      return await work(startedMs - arrivedMs);
    } finally {
      this.paceMs += (this.nowMs() - startedMs - this.paceMs) * 0.1;
      this.release();
    }
  }

  private async turn(): Promise<void> {
    const expectedWaitMs = ((this.waiting.length + 1) / this.width) * this.paceMs;
    if (expectedWaitMs > this.maxWaitMs) {
      throw new Problem(PlatformErrors.overloaded, { retryAfterSeconds: Math.ceil(expectedWaitMs / 1000) });
    }
    await new Promise<void>((resolve) => this.waiting.push({ run: resolve }));
  }

  /** Hands the place to the next in line, or frees it. */
  private release(): void {
    const next = this.waiting.shift();
    if (next) next.run();
    else this.running -= 1;
  }
}
