import { setTimeout as delay } from 'node:timers/promises';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';
import { HashPace } from './hash-pace.js';

interface Waiting {
  readonly start: () => void;
  readonly refuse: (refusal: Problem) => void;
  readonly owner: string | null;
  readonly arrivedMs: number;
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
 * that would end later than `maxWaitMs` after their arrival: a task that ends after its caller has given up only wastes
 * processor time (OWASP API4:2023). Waiting tasks are refused, too, once those before them have taken too long. Tasks of
 * known owners of accounts wait in a queue of their own. The two queues take turns, so that strangers cannot keep owners
 * out.
 */
export class HashQueue {
  private readonly strangers: Waiting[] = [];
  private readonly owners: Waiting[] = [];
  private running = 0;
  private isOwnersTurn = true;
  private refused = 0;
  private readonly pace: HashPace;

  constructor(
    private readonly width: number,
    private readonly maxWaitMs: number,
    /** The duration of a task before any was measured, milliseconds. */
    estimateMs: number,
    private readonly time: { nowMs(): number; pause(ms: number): Promise<unknown> } = REAL_TIME,
  ) {
    this.pace = new HashPace(estimateMs, maxWaitMs / 2);
  }

  /** The number of waiting tasks. */
  get length(): number {
    return this.strangers.length + this.owners.length;
  }

  /** How many tasks were refused since the start of the process. */
  get refusals(): number {
    return this.refused;
  }

  /** Whether a task would start at once. */
  get isFree(): boolean {
    return this.running < this.width;
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
    if (this.isFree) {
      this.running += 1;
      this.passTurn(line);
    } else {
      await new Promise<void>((start, refuse) => {
        line.push({ start, refuse, owner, arrivedMs });
        if (line === this.owners) this.refuseLatest(this.strangers);
      });
    }
    const startedMs = this.time.nowMs();
    try {
      return await work(startedMs - arrivedMs);
    } finally {
      this.pace.add(this.time.nowMs() - startedMs);
      this.release();
    }
  }

  private lineOf(owner: string | null): Waiting[] {
    if (owner === null) return this.strangers;
    const theirs = this.owners.filter((waiting) => waiting.owner === owner).length;
    return theirs < MAX_OF_ONE_OWNER ? this.owners : this.strangers;
  }

  private refusal(line: readonly Waiting[]): Problem | null {
    return this.isFree ? null : this.refusalAt(line, line.length, this.maxWaitMs - this.pace.longMs);
  }

  /** Returns the refusal of a task with `before` tasks before it in its queue, or null if it starts within `leftMs`. */
  private refusalAt(line: readonly Waiting[], before: number, leftMs: number): Problem | null {
    const other = this.otherThan(line);
    const isOthersTurn = this.isOwnersTurn === (other === this.owners);
    const turns = before + 1 + Math.min(other.length, before + (isOthersTurn ? 1 : 0));
    const expectedWaitMs = (turns / this.width) * this.pace.typicalMs;
    return expectedWaitMs <= leftMs ? null : this.overloaded(expectedWaitMs);
  }

  /**
   * Refuses tasks at the end of a queue that would now end too late, because one of an owner was added or others have taken
   * longer than expected. New tasks must leave room for a long duration and these for less, so that few are refused after a
   * wait.
   */
  private refuseLatest(line: Waiting[]): void {
    for (let latest = line.length - 1; latest >= 0; latest -= 1) {
      const waiting = line[latest]!;
      const refusal = this.refusalAt(line, latest, this.leftMs(waiting));
      if (!refusal) return;
      line.pop();
      waiting.refuse(refusal);
    }
  }

  /** For how long a task may go on waiting to end in time if it takes somewhat longer than is typical, milliseconds. */
  private leftMs({ arrivedMs }: Waiting): number {
    const { typicalMs, longMs } = this.pace;
    return arrivedMs + this.maxWaitMs - (typicalMs + longMs) / 2 - this.time.nowMs();
  }

  /** Starts the next waiting task that would not end too late, or frees the slot. */
  private release(): void {
    const next = this.shift();
    if (next) next.start();
    else this.running -= 1;
    this.refuseLatest(this.strangers);
    this.refuseLatest(this.owners);
  }

  /** Removes and returns the task whose turn it is. Refuses those before it that would end too late. */
  private shift(): Waiting | undefined {
    for (;;) {
      const first = this.isOwnersTurn ? this.owners : this.strangers;
      const line = first.length > 0 ? first : this.otherThan(first);
      const next = line.shift();
      if (!next) return undefined;
      if (this.leftMs(next) >= 0) {
        this.passTurn(line);
        return next;
      }
      next.refuse(this.overloaded(this.pace.typicalMs));
    }
  }

  /** By the queue, not by the owner: further tasks of an owner are in that of strangers. */
  private passTurn(line: readonly Waiting[]): void {
    this.isOwnersTurn = line === this.strangers;
  }

  private otherThan(line: readonly Waiting[]): Waiting[] {
    return line === this.owners ? this.strangers : this.owners;
  }

  private overloaded(waitMs: number): Problem {
    this.refused += 1;
    return new Problem(PlatformErrors.overloaded, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
  }
}
