/** Logins of one slot of time. */
export interface LoginVolume {
  attempts: number;
  failures: number;
}

/** Logins are summed up in slots of this length, so that a day is 288 numbers whatever the traffic. */
export const SLOT_MS = 300_000;
const DAY_MS = 86_400_000;

/** The start of the slot that an instant belongs to, milliseconds since the Unix epoch. */
export function slotOf(atMs: number): number {
  return atMs - (atMs % SLOT_MS);
}

/**
 * The service's usual share of failing logins: that of the last 24 h, without the newest stretch, in which an
 * attack would raise the baseline that it is compared with.
 */
export class FailureBaseline {
  private readonly slots = new Map<number, LoginVolume>();

  /** @param excludedMs the newest stretch that does not count, at least as long as the rules' window */
  constructor(private readonly excludedMs: number) {}

  add(atMs: number, volume: LoginVolume): void {
    const slot = this.slots.get(slotOf(atMs));
    if (slot) {
      slot.attempts += volume.attempts;
      slot.failures += volume.failures;
      return;
    }
    this.slots.set(slotOf(atMs), { ...volume });
    for (const start of this.slots.keys())
      if (start < atMs - DAY_MS - this.excludedMs) this.slots.delete(start);
  }

  /** From 0 to 1; 0 where there was no login. */
  ratio(nowMs: number): number {
    let attempts = 0;
    let failures = 0;
    for (const [start, volume] of this.slots) {
      const age = nowMs - start;
      if (age < this.excludedMs + SLOT_MS || age > DAY_MS + this.excludedMs) continue;
      attempts += volume.attempts;
      failures += volume.failures;
    }
    return attempts === 0 ? 0 : failures / attempts;
  }
}
