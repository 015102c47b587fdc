import type { Decision, Window } from './window.js';

/** Milliseconds. A longer lease would save little, and its admissions would be counted for longer. */
const LONGEST_TERM_MS = 1000;

/** The share of its window that a lease lasts at most. */
const TERM_SHARE = 1 / 50;

/** The permits of a lease: a tenth of the limit, at most a hundred, but not less than one group of admissions. */
const PERMIT_SHARE = 1 / 10;
const MOST_PERMITS = 100;

/** A lease that is over is settled within this time, milliseconds. */
export const SETTLE_MS = 250;

/** Returns how long permits of a window may be spent, milliseconds. */
export function termMs({ windowMs }: Window): number {
  return Math.min(LONGEST_TERM_MS, windowMs * TERM_SHARE);
}

/** Returns how many permits a lease of a window has; 0 for an exact window, which has no leases. */
export function permitsOf({ limit, grain }: Window): number {
  return grain === 1 ? 0 : Math.max(grain, Math.min(Math.floor(limit * PERMIT_SHARE), MOST_PERMITS));
}

/** A lease that Redis granted together with a decision. */
export interface Grant {
  /** When the lease ends, microseconds of Redis' clock. It identifies the lease within its window. */
  readonly endUs: number;
  /** When the command was sent, milliseconds of this process's monotonic clock. */
  readonly sentAt: number;
}

/**
 * Permits of a window that Redis has counted, and that this process may spend without a command until the lease ends. The term is
 * measured from the time at which the command was sent, so it is over here before it is over for Redis. Times are of this
 * process's monotonic clock, milliseconds.
 */
export class Lease {
  private readonly permits: number;
  private readonly endsAt: number;
  /** What Redis has left by its last decision, apart from the permits. */
  private left: number;

  /** The permits that were spent. */
  spent = 0;

  /** The spent permits of requests that Redis has not decided yet, which may be put back. */
  private pending = 0;

  /** `decision` is the one that came with the grant. */
  constructor(
    readonly window: Window,
    readonly grant: Grant,
    private readonly decision: Decision,
  ) {
    this.permits = permitsOf(window);
    this.left = decision.remaining;
    // When the oldest admission leaves the window, what Redis said about it is no longer true.
    this.endsAt = grant.sentAt + Math.min(termMs(window), decision.waitMs);
  }

  get unspent(): number {
    return this.permits - this.spent;
  }

  get hasPending(): boolean {
    return this.pending > 0;
  }

  isOver(now: number): boolean {
    return now >= this.endsAt;
  }

  /** Spends a permit; returns whether there was one. */
  spend(now: number): boolean {
    if (this.isOver(now) || this.unspent === 0) return false;
    this.spent++;
    return true;
  }

  /** Notes that Redis has yet to decide about a request that has just spent a permit, because of its other windows. */
  awaitDecision(): void {
    this.pending++;
  }

  /** Ends what {@link awaitDecision} began; the permit of a request that was not admitted is put back. */
  conclude(isAdmitted: boolean): void {
    this.pending--;
    if (!isAdmitted) this.spent--;
  }

  /** Takes over what remains according to a later decision of Redis, which excludes the unspent permits. */
  learn({ remaining }: Decision): void {
    this.left = remaining;
  }

  /** Returns the decision about a request that has just spent a permit, or has put it back. */
  decide(now: number): Decision {
    const elapsedMs = now - this.grant.sentAt;
    return {
      allowed: true,
      remaining: this.left + this.unspent,
      at: this.decision.at + elapsedMs,
      waitMs: Math.max(0, this.decision.waitMs - elapsedMs),
    };
  }
}
