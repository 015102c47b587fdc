import type { AuditEntry } from '../../audit/audit-entry.js';
import { FeedCursor } from '../../audit/feed/feed-cursor.js';
import type { Clock } from '../../platform/clock/clock.js';
import type { Finding } from '../alerts/alert-kind.js';
import { type LoginAttempt, LoginAttempts } from '../rules/login-attempts.js';
import { type Occurrence, occurrenceOf } from '../rules/occurrence.js';
import type { Rule } from '../rules/rule.js';
import { Detector } from './detector.js';
import { FailureBaseline, SLOT_MS, slotOf } from './failure-baseline.js';
import { evaluatedOrSkipped } from './skipped-entry.js';

/** Longer than the day of the failure baseline and the longest configurable window; milliseconds. */
export const SLOTS_KEPT_MS = 3 * 86_400_000;

/** A summary of five minutes of the trail. */
export interface Slot {
  /** Milliseconds since the Unix epoch. */
  readonly startMs: number;
  /** A position in the trail before the slot's first entry. */
  readonly position: string;
  /** Successful logins, and failed ones of accounts that exist, as far as the password was checked. */
  attempts: number;
  failures: number;
}

/**
 * The leader's state in memory. It is discarded with the leadership and rebuilt from PostgreSQL. An entry that cannot be
 * evaluated is skipped and logged, whether it is new or remembered.
 */
export class DetectionRun {
  readonly longestWindowMs: number;
  private readonly detector: Detector;
  private readonly baseline: FailureBaseline;
  private readonly attempts = new LoginAttempts();
  /** The counts of each slot so far. */
  private readonly slots: Map<number, Slot>;

  constructor(
    rules: readonly Rule[],
    slots: readonly Slot[],
    private readonly clock: Clock,
  ) {
    this.longestWindowMs = longestWindowMs(rules);
    this.baseline = new FailureBaseline(longestWindowMs(rules.filter((rule) => !rule.ignoresFailures)));
    this.slots = new Map(slots.map((slot) => [slot.startMs, slot]));
    for (const slot of slots) this.baseline.add(slot.startMs, slot);
    this.detector = new Detector(rules, (nowMs) => this.baseline.ratio(nowMs));
  }

  /** Fills the windows with entries that have already been evaluated. */
  remember(entries: readonly AuditEntry[]): void {
    this.detector.observe(this.read(entries));
  }

  /**
   * Evaluates new entries, which follow `position` in the trail. Returns the findings, and the slots they fall into
   * with their complete counts.
   */
  judge(entries: readonly AuditEntry[], position: string): { findings: Finding[]; slots: Slot[] } {
    const occurrences = this.read(entries);
    const slots = slotsOf(occurrences, position);
    for (const slot of slots) this.baseline.add(slot.startMs, slot);
    return { findings: this.detector.observe(occurrences), slots: slots.map((slot) => this.total(slot)) };
  }

  private total(added: Slot): Slot {
    const known = this.slots.get(added.startMs);
    const slot = {
      ...added,
      position: known?.position ?? added.position,
      attempts: (known?.attempts ?? 0) + added.attempts,
      failures: (known?.failures ?? 0) + added.failures,
    };
    this.slots.set(slot.startMs, slot);
    for (const startMs of this.slots.keys()) {
      if (startMs < slot.startMs - SLOTS_KEPT_MS) this.slots.delete(startMs);
    }
    return slot;
  }

  private read(entries: readonly AuditEntry[]): Occurrence[] {
    const nowMs = this.clock.nowMs();
    return entries.flatMap(
      (entry) => evaluatedOrSkipped(entry.id, () => occurrenceOf(entry, this.attempts, nowMs)) ?? [],
    );
  }

  /**
   * Returns the slot from which to refill the windows as they were at an instant; undefined if no slot was kept. Its
   * position is the earliest of all slots from then on: a slot that only late entries fall into has a later position than
   * the slots after it.
   */
  startOf(slots: readonly Slot[], instantMs: number): Slot | undefined {
    const fromMs = instantMs - this.longestWindowMs - SLOT_MS;
    const start = slots.findLast(({ startMs }) => startMs <= fromMs) ?? slots[0];
    if (!start) return undefined;
    const { position } = slots.filter(({ startMs }) => startMs >= start.startMs).reduce(earlierOf);
    return { ...start, position };
  }
}

/** Returns the slot whose position comes first in the trail. */
function earlierOf(one: Slot, other: Slot): Slot {
  return FeedCursor.parse(other.position).isBefore(FeedCursor.parse(one.position)) ? other : one;
}

function longestWindowMs(rules: readonly Rule[]): number {
  return 1000 * Math.max(0, ...rules.map((rule) => rule.limit?.seconds ?? 0));
}

/**
 * Whether an attempt enters the usual share of failures. Those on accounts that do not exist do not, because one address
 * can make any number of them, nor do those that were not evaluated.
 */
function isUsual(attempt: LoginAttempt | null, { userId }: AuditEntry): attempt is LoginAttempt {
  return attempt?.evaluated === true && (!attempt.failed || userId !== null);
}

function slotsOf(occurrences: readonly Occurrence[], position: string): Slot[] {
  const slots = new Map<number, Slot>();
  for (const { at, attempt, entry } of occurrences) {
    const startMs = slotOf(at);
    const slot = slots.get(startMs) ?? { startMs, position, attempts: 0, failures: 0 };
    if (isUsual(attempt, entry)) {
      slot.attempts += 1;
      slot.failures += Number(attempt.failed);
    }
    slots.set(startMs, slot);
  }
  return [...slots.values()];
}
