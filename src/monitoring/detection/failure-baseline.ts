/** The logins in one slot of time. */
export interface LoginVolume {
  attempts: number;
  failures: number;
}

/** Logins are summed in slots of this length, so that a day takes 288 numbers whatever the traffic. */
export const SLOT_MS = 300_000;
const DAY_MS = 86_400_000;

/** Returns the start of the slot that contains an instant, in milliseconds since the Unix epoch. */
export function slotOf(atMs: number): number {
  return atMs - (atMs % SLOT_MS);
}

/**
 * The service's usual share of failed logins: that of the last 24 h, without the most recent period, in which an
 * attack would raise the baseline with which it is compared.
 */
export class FailureBaseline {
  private readonly slots = new Map<number, LoginVolume>();

  /** @param excludedMs length of the most recent period that is excluded; at least as long as the rules' window */
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

  /** Returns the share, from 0 to 1; 0 if there were no logins. */
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
