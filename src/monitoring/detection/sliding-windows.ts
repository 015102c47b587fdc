import type { Dimension } from '../rules/rule.js';
import type { Occurrence } from '../rules/occurrence.js';
import { GenerationalCache } from '../generational-cache.js';
import { type Observed, SubjectWindow } from './subject-window.js';

/** Limits the memory of a rule, so that an attacker who invents subjects cannot exhaust it. */
export interface WindowBounds {
  /** Observations kept per subject. */
  readonly perSubject: number;
  /** Observations kept for all subjects together. Each subject counts for {@link SUBJECT_WEIGHT} more. */
  readonly total: number;
}

/** The memory overhead of a window, expressed in observations. */
export const SUBJECT_WEIGHT = 10;

/** At most about 25 MB per rule: 27,000 subjects seen once, or sixty seen in a flood. */
const DEFAULT_BOUNDS: WindowBounds = { perSubject: 5_000, total: 300_000 };

/**
 * The windows of one rule, one per subject. Memory is bounded whatever an attacker sends: beyond the bound, the
 * subjects inactive for longest are dropped. Reaching it takes so many accounts and addresses within one window that
 * the rules over the whole service detect the flood itself.
 */
export class SlidingWindows {
  private readonly windows = new GenerationalCache<SubjectWindow>((window) => {
    this.youngWeight += SUBJECT_WEIGHT + window.seen;
  });
  private youngWeight = 0;
  private oldWeight = 0;
  private youngSinceMs = 0;
  private nowMs = 0;

  constructor(
    private readonly lengthMs: number,
    private readonly dimensions: readonly Dimension[] = [],
    private readonly bounds: WindowBounds = DEFAULT_BOUNDS,
  ) {}

  /** The memory in use, expressed in observations. */
  get weight(): number {
    return this.youngWeight + this.oldWeight;
  }

  /**
   * Adds an observation, and returns its subject's window up to it. Clocks of instances differ, so it may be earlier than
   * the one before it; it always counts.
   */
  add(subject: string, occurrence: Occurrence, observed: Observed): SubjectWindow {
    this.nowMs = Math.max(this.nowMs, occurrence.at);
    this.evict();
    const window = this.windows.use(
      subject,
      () => new SubjectWindow(this.bounds.perSubject, this.dimensions),
    );
    const before = window.seen;
    window.expire(occurrence.at - this.lengthMs);
    window.add(occurrence, observed);
    this.youngWeight += window.seen - before;
    return window;
  }

  /** Never names these users again, nor what was observed of them. */
  forget(userIds: ReadonlySet<string>): void {
    for (const window of this.windows.values()) window.forget(userIds);
  }

  /** Drops windows that have been inactive for a whole window, which are empty, and those beyond the bound. */
  private evict(): void {
    const isFull = this.youngWeight > this.bounds.total / 2;
    if (!isFull && this.nowMs - this.youngSinceMs <= this.lengthMs) return;
    this.windows.age();
    this.oldWeight = this.youngWeight;
    this.youngWeight = 0;
    this.youngSinceMs = this.nowMs;
  }
}
