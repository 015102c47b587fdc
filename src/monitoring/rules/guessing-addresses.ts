import { GenerationalCache } from '../generational-cache.js';

/** The stretch of time in which accounts are compared. */
const STRETCH_MS = 600_000;
/** How many addresses are remembered. */
const REMEMBERED = 20_000;
/** How many accounts of an address are remembered with each outcome; further ones hardly change the answer. */
const ACCOUNTS = 100;
/** How many times as many accounts as it signed in to a guessing address fails for; also the least number of them. */
const FAILED_PER_LOGIN = 4;

interface Outcomes {
  readonly failed: Set<string>;
  readonly succeeded: Set<string>;
}

/**
 * Tells from the attempts of an address whose passwords were checked whether it guesses: in the same ten minutes, they failed for
 * at least four accounts, and for four times as many as they succeeded for.
 */
export class GuessingAddresses {
  private readonly recent = new GenerationalCache<Outcomes>();

  /** Adds an attempt whose password was checked. */
  add(address: string, atMs: number, { account, failed }: { account: string; failed: boolean }): void {
    const outcomes = this.of(address, atMs);
    const accounts = failed ? outcomes.failed : outcomes.succeeded;
    if (accounts.size < ACCOUNTS) accounts.add(account);
  }

  has(address: string, atMs: number): boolean {
    const { failed, succeeded } = this.of(address, atMs);
    return failed.size >= FAILED_PER_LOGIN * Math.max(1, succeeded.size);
  }

  private of(address: string, atMs: number): Outcomes {
    if (this.recent.youngSize >= REMEMBERED / 2) this.recent.age();
    const key = `${Math.floor(atMs / STRETCH_MS)} ${address}`;
    return this.recent.use(key, () => ({ failed: new Set(), succeeded: new Set() }));
  }
}
