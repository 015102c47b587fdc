import { TimeSlots } from './time-slots.js';

const PARTS = 10;
const FIRST_FAULT = 500;

/** Counts the responses that this process sent within a window, and how many of them were 5xx. */
export class RecentResponses {
  private readonly slots: TimeSlots<{ calls: number; faults: number }>;

  constructor(windowSeconds: number) {
    this.slots = new TimeSlots(windowSeconds * 1000, PARTS, () => ({ calls: 0, faults: 0 }));
  }

  add(nowMs: number, status: number): void {
    const slot = this.slots.at(nowMs);
    slot.calls += 1;
    if (status >= FIRST_FAULT) slot.faults += 1;
  }

  figures(nowMs: number): { calls: number; faults: number } {
    const total = { calls: 0, faults: 0 };
    for (const { calls, faults } of this.slots.recent(nowMs)) {
      total.calls += calls;
      total.faults += faults;
    }
    return total;
  }
}
