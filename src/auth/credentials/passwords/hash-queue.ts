import { setTimeout as delay } from 'node:timers/promises';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';

interface Waiting {
  readonly start: () => void;
  readonly refuse: (refusal: Problem) => void;
  readonly owner: string | null;
}

/** Who asks: known owners of accounts, or everybody else. Each waits in a queue of their own. */
export type Requesters = 'owners' | 'strangers';

/** Maximum number of tasks of one owner in the queue of owners; further ones wait in the queue of strangers. */
const MAX_OF_ONE_OWNER = 2;

/**
 * The time that {@link HashQueue.assertRoom} takes to refuse, milliseconds. Clients that retry at once would otherwise
 * be refused a thousand times a second, which costs processor time that the queued hashes need.
 */
const REFUSAL_MS = 700;

const REAL_TIME = { nowMs: () => performance.now(), pause: delay };

/**
 * Runs at most `width` tasks at a time. By the measured duration of tasks, it refuses with `overloaded` (503) those
 * that would wait longer than `maxWaitMs`: a task that finishes after its caller has given up only wastes processor
 * time (OWASP API4:2023). Tasks of known owners of accounts wait in a queue of their own. The two queues take turns, so
 * that strangers cannot keep owners out.
 */
export class HashQueue {
  private readonly strangers: Waiting[] = [];
  private readonly owners: Waiting[] = [];
  private running = 0;
  private isOwnersTurn = true;

  constructor(
    private readonly width: number,
    private readonly maxWaitMs: number,
    /** Moving average of the duration of a task, milliseconds; the caller estimates the first value. */
    private paceMs: number,
    private readonly time: { nowMs(): number; pause(ms: number): Promise<unknown> } = REAL_TIME,
  ) {}

  /** The number of waiting tasks. */
  get length(): number {
    return this.strangers.length + this.owners.length;
  }

  /**
   * Throws, after a delay, what {@link run} would throw to such a requester at once. For requests that would otherwise take
   * costly steps before they call `run` and that hold nothing that others wait for.
   */
  async assertRoom(requesters: Requesters): Promise<void> {
    const refusal = this.refusal(this[requesters]);
    if (!refusal) return;
    await this.time.pause(REFUSAL_MS);
    throw refusal;
  }

  /**
   * Runs the task in its turn; `waitMs` is the time that it waited. `owner` is the id of the account if the request
   * comes from a known device or a session of the account, and null otherwise.
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

  /** Returns the refusal of a task with `before` tasks before it in its queue, or null if it would not wait too long. */
  private refusalAt(line: readonly Waiting[], before: number): Problem | null {
    const other = line === this.owners ? this.strangers : this.owners;
    const turns = before + 1 + Math.min(other.length, before + 1);
    const expectedWaitMs = (turns / this.width) * this.paceMs;
    if (expectedWaitMs <= this.maxWaitMs) return null;
    return new Problem(PlatformErrors.overloaded, { retryAfterSeconds: Math.ceil(expectedWaitMs / 1000) });
  }

  /** Refuses strangers who would now wait too long, because a task of an owner was added. */
  private refuseLatestStrangers(): void {
    for (;;) {
      const latest = this.strangers.length - 1;
      const refusal = latest < 0 ? null : this.refusalAt(this.strangers, latest);
      if (!refusal) return;
      this.strangers.pop()!.refuse(refusal);
    }
  }

  /** Starts the next waiting task, or frees the slot. */
  private release(): void {
    const [first, second] = this.isOwnersTurn ? [this.owners, this.strangers] : [this.strangers, this.owners];
    const next = first.shift() ?? second.shift();
    if (next) this.isOwnersTurn = next.owner === null;
    if (next) next.start();
    else this.running -= 1;
  }
}
