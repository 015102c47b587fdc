import { setTimeout as delay } from 'node:timers/promises';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';

interface Waiting {
  readonly start: () => void;
  readonly refuse: (refusal: Problem) => void;
  readonly owner: string | null;
}

/** One owner may have so many pieces of work in the owners' line; more wait with the strangers'. */
const MAX_OF_ONE_OWNER = 2;

/**
 * {@link HashQueue.assertRoom} takes so long to refuse, milliseconds. Clients that retry a refusal at once would
 * otherwise be refused a thousand times a second, which costs the very processor time that the hashes in the queue need.
 */
const REFUSAL_MS = 700;

const REAL_TIME = { nowMs: () => performance.now(), pause: delay };

/**
 * Runs at most `width` pieces of work at a time and refuses, with `overloaded` (503), what would wait longer than
 * `maxWaitMs` by the measured pace: work that finishes after its caller has left only wastes processor time (OWASP API4:2023).
 * Known owners of accounts wait in a line of their own, and the two lines take turns, so that strangers who fill theirs
 * keep no owner out.
 */
export class HashQueue {
  private readonly strangers: Waiting[] = [];
  private readonly owners: Waiting[] = [];
  private running = 0;
  private isOwnersTurn = true;

  constructor(
    private readonly width: number,
    private readonly maxWaitMs: number,
    /** Moving average of one piece of work, milliseconds; the caller guesses the first. */
    private paceMs: number,
    private readonly time: { nowMs(): number; pause(ms: number): Promise<unknown> } = REAL_TIME,
  ) {}

  /** Pieces of work that wait for their turn. */
  get length(): number {
    return this.strangers.length + this.owners.length;
  }

  /**
   * Throws what {@link run} would, and takes its time: for a request that has costly steps to take before, and nothing
   * that others wait for. `run` itself refuses at once, since its caller may hold a count, or do without the hash.
   */
  async assertRoom(isOwner = false): Promise<void> {
    const refusal = this.refusal(isOwner ? this.owners : this.strangers);
    if (!refusal) return;
    await this.time.pause(REFUSAL_MS);
    throw refusal;
  }

  /**
   * Runs the work in its turn; `waitMs` tells it how long that took. `owner` is the id of the account that a known
   * device or a session asks for; null for everybody else.
   */
  async run<T>(work: (waitMs: number) => Promise<T>, owner: string | null = null): Promise<T> {
    const arrivedMs = this.time.nowMs();
    const line = this.lineOf(owner);
    const refusal = this.refusal(line);
    if (refusal) throw refusal;
    if (this.running < this.width) this.running += 1;
    else {
      await new Promise<void>((start, refuse) => {
        line.push({ start, refuse, owner });
        if (line === this.owners) this.refuseLatestStrangers();
      });
    }
    const startedMs = this.time.nowMs();
    try {
      return await work(startedMs - arrivedMs);
    } finally {
      this.paceMs += (this.time.nowMs() - startedMs - this.paceMs) * 0.1;
      this.release();
    }
  }

  private lineOf(owner: string | null): Waiting[] {
    if (owner === null) return this.strangers;
    const theirs = this.owners.filter((waiting) => waiting.owner === owner).length;
    return theirs < MAX_OF_ONE_OWNER ? this.owners : this.strangers;
  }

  private refusal(line: readonly Waiting[]): Problem | null {
    return this.running < this.width ? null : this.refusalAt(line, line.length);
  }

  /** The refusal of what has `before` pieces of work before it in its line; null if it need not wait too long. */
  private refusalAt(line: readonly Waiting[], before: number): Problem | null {
    const other = line === this.owners ? this.strangers : this.owners;
    const turns = before + 1 + Math.min(other.length, before + 1);
    const expectedWaitMs = (turns / this.width) * this.paceMs;
    if (expectedWaitMs <= this.maxWaitMs) return null;
    return new Problem(PlatformErrors.overloaded, { retryAfterSeconds: Math.ceil(expectedWaitMs / 1000) });
  }

  /** An owner who has come makes strangers wait longer: those of them who would now wait too long are refused. */
  private refuseLatestStrangers(): void {
    for (;;) {
      const latest = this.strangers.length - 1;
      const refusal = latest < 0 ? null : this.refusalAt(this.strangers, latest);
      if (!refusal) return;
      this.strangers.pop()!.refuse(refusal);
    }
  }

  /** Hands the place to the next in line, or frees it. */
  private release(): void {
    const [first, second] = this.isOwnersTurn ? [this.owners, this.strangers] : [this.strangers, this.owners];
    const next = first.shift() ?? second.shift();
    if (next) this.isOwnersTurn = next.owner === null;
    if (next) next.start();
    else this.running -= 1;
  }
}
