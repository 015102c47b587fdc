import { TimeSlots } from './time-slots.js';

/**
 * Durations are counted in buckets, each 2 % wider than the previous one, up to 80 s. Quantiles have the same
 * precision.
 */
const STEP = 1.02;
const CLASSES = 571;
const LOG_STEP = Math.log(STEP);

interface Slot {
  readonly classes: Uint32Array;
  count: number;
}

/** The durations of this process's responses within a window that is divided into equal parts. */
export class RecentDurations {
  private readonly slots: TimeSlots<Slot>;

  constructor(windowSeconds: number, parts = 10) {
    this.slots = new TimeSlots(windowSeconds * 1000, parts, () => ({
      classes: new Uint32Array(CLASSES),
      count: 0,
    }));
  }

  add(nowMs: number, durationMs: number): void {
    const slot = this.slots.at(nowMs);
    slot.count += 1;
    slot.classes[classOf(durationMs)]! += 1;
  }

  /**
   * Returns the lowest p99 of all finished parts of the window, in milliseconds. If it exceeds a limit, every part
   * did. Returns null if a part has fewer than `leastCalls`, which are too few for a meaningful percentile.
   */
  lowestP99Ms(nowMs: number, leastCalls: number): number | null {
    let lowest = Infinity;
    for (const slot of this.slots.finished(nowMs)) {
      if (!slot || slot.count < leastCalls) return null;
      lowest = Math.min(lowest, quantile(slot, 0.99));
    }
    return lowest;
  }
}

const classOf = (ms: number) => (ms <= 1 ? 0 : Math.min(CLASSES - 1, Math.floor(Math.log(ms) / LOG_STEP)));

/** Returns the lower bound of the bucket that contains the quantile, in milliseconds. */
function quantile({ classes, count }: Slot, share: number): number {
  let below = 0;
  for (let index = 0; index < CLASSES; index++) {
    below += classes[index]!;
    if (below >= share * count) return STEP ** index;
  }
  return STEP ** CLASSES;
}
