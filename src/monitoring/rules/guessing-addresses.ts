/** The stretch of time in which accounts are compared, with the one before it. */
const STRETCH_MS = 600_000;
/** By how many stretches an entry may be late. Those before it were added while the clock was ahead if it is later still. */
const LATE = 6;
/** How many addresses of a stretch are remembered. */
const REMEMBERED = 10_000;
/** How many accounts of an address are remembered with each outcome; further ones hardly change the answer. */
const ACCOUNTS = 100;
/** How many times as many accounts as it signed in to a guessing address fails for; also the least number of them. */
const FAILED_PER_LOGIN = 4;

interface Outcomes {
  readonly failed: Set<string>;
  readonly succeeded: Set<string>;
}

/**
 * Tells from the attempts of an address whose passwords were checked whether it guesses: within ten to twenty minutes, they
 * failed for at least four accounts, and for four times as many as they succeeded for. The memory that this takes is bounded by
 * the number of passwords that can be checked meanwhile.
 */
export class GuessingAddresses {
  private stretch = 0;
  private current = new Map<string, Outcomes>();
  private previous = new Map<string, Outcomes>();

  /** Adds an attempt whose password was checked. */
  add(address: string, atMs: number, { account, failed }: { account: string; failed: boolean }): void {
    this.advance(atMs);
    if (!this.current.has(address) && this.current.size === REMEMBERED) this.begin();
    const outcomes = this.current.get(address) ?? { failed: new Set(), succeeded: new Set() };
    this.current.set(address, outcomes);
    const accounts = failed ? outcomes.failed : outcomes.succeeded;
    if (accounts.size < ACCOUNTS) accounts.add(account);
  }

  has(address: string, atMs: number): boolean {
    this.advance(atMs);
    return (
      this.accounts(address, 'failed') >= FAILED_PER_LOGIN * Math.max(1, this.accounts(address, 'succeeded'))
    );
  }

  private accounts(address: string, outcome: keyof Outcomes): number {
    const stretches = [this.current, this.previous];
    return new Set(stretches.flatMap((stretch) => [...(stretch.get(address)?.[outcome] ?? [])])).size;
  }

  /** An entry that is late by up to an hour counts as one of now. */
  private advance(atMs: number): void {
    const stretch = Math.floor(atMs / STRETCH_MS);
    if (stretch <= this.stretch && stretch >= this.stretch - LATE) return;
    const isNext = stretch === this.stretch + 1;
    this.stretch = stretch;
    this.begin();
    if (!isNext) this.previous.clear();
  }

  private begin(): void {
    this.previous = this.current;
    this.current = new Map();
  }
}
