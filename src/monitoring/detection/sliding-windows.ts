import type { Dimension } from '../rules/rule.js';
import type { Occurrence } from '../rules/occurrence.js';
import { GenerationalCache } from '../generational-cache.js';
import { type Observed, SubjectWindow } from './subject-window.js';

/** How much a rule may remember, so that an attacker who invents subjects cannot fill the memory. */
export interface WindowBounds {
  /** Observations kept of one subject. */
  readonly perSubject: number;
  /** Observations kept of all subjects together; a subject by itself weighs as much as {@link SUBJECT_WEIGHT}. */
  readonly total: number;
}

/** What a window costs beside its observations, measured in them. */
export const SUBJECT_WEIGHT = 10;

/** Some 25 MB for one rule at its worst: 27,000 subjects seen once, or sixty seen in a flood. */
const DEFAULT_BOUNDS: WindowBounds = { perSubject: 5_000, total: 300_000 };

/**
 * The windows of one rule, one per subject. Memory is bounded whatever an attacker sends: beyond the bound the
 * subjects that have been silent for longest are forgotten. Filling it takes so many accounts and addresses within
 * one window that the rules over the whole service see the flood itself.
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

  /** What is kept, in observations. */
  get weight(): number {
    return this.youngWeight + this.oldWeight;
  }

  add(subject: string, occurrence: Occurrence, observed: Observed): SubjectWindow {
    this.nowMs = Math.max(this.nowMs, occurrence.at);
    this.evict();
    const window = this.windows.use(
      subject,
      () => new SubjectWindow(this.bounds.perSubject, this.dimensions),
    );
    const before = window.seen;
    window.add(occurrence, observed);
    window.expire(this.nowMs - this.lengthMs);
    this.youngWeight += window.seen - before;
    return window;
  }

  /** Ages the windows: those unused for a whole window are empty, and those beyond the bound are evicted. */
  private evict(): void {
    const isFull = this.youngWeight > this.bounds.total / 2;
    if (!isFull && this.nowMs - this.youngSinceMs <= this.lengthMs) return;
    this.windows.age();
    this.oldWeight = this.youngWeight;
    this.youngWeight = 0;
    this.youngSinceMs = this.nowMs;
  }
}
