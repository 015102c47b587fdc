import { TimeSlots } from './time-slots.js';

/** Durations are counted in classes, each 2 % wider than the one below: up to 80 s, and a quantile as exact as that. */
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
   * The lowest p99 that any finished part of the window had, milliseconds: above a limit, every part was. Null while
   * a part has fewer than `leastCalls`, too few for a percentile to mean anything.
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

/** The lower bound of the class in which the quantile lies, milliseconds. */
function quantile({ classes, count }: Slot, share: number): number {
  let below = 0;
  for (let index = 0; index < CLASSES; index++) {
    below += classes[index]!;
    if (below >= share * count) return STEP ** index;
  }
  return STEP ** CLASSES;
}
