import type { Occurrence } from '../rules/occurrence.js';

/** How many accounts of one address a generation remembers; further ones hardly change an answer. */
const ACCOUNTS = 500;
/** With this number of pairs of address and account, the next generation begins. Two generations take about 20 MB. */
const PAIRS = 50_000;

/** When an address last failed for an account, and last signed in to it; milliseconds since the Unix epoch. */
interface Latest {
  failedMs: number;
  succeededMs: number;
}

type Generation = Map<string, Map<string, Latest>>;

/** The accounts that an address has tried. */
export interface TriedAccounts {
  readonly signedIn: ReadonlySet<string>;
  /** The number of accounts that it failed for without signing in to them. */
  readonly failed: number;
}

/**
 * The accounts that each address failed for or signed in to, whatever subjects the rules have, by attempts whose passwords
 * were checked. Memory is bounded: if more are checked in the time than any machine could, the oldest are forgotten early.
 */
export class AddressOutcomes {
  private young: Generation = new Map();
  private old: Generation = new Map();
  private youngPairs = 0;
  private youngSinceMs = 0;

  /** @param keptMs for how many milliseconds an attempt is remembered at least */
  constructor(private readonly keptMs: number) {}

  /** Adds the attempt of an occurrence, if its password was checked. */
  add({ attempt, address, at }: Occurrence): void {
    if (attempt?.evaluated !== true || address === null) return;
    if (at - this.youngSinceMs > this.keptMs || this.youngPairs >= PAIRS) this.age(at);
    const latest = this.latest(address, attempt.account);
    if (!latest) return;
    // Trails are ordered by commit, which is almost but not exactly by time.
    if (attempt.failed) latest.failedMs = Math.max(latest.failedMs, at);
    else latest.succeededMs = Math.max(latest.succeededMs, at);
  }

  /** Returns the accounts that an address has tried after an instant; exact if that is not longer ago than they are kept. */
  of(address: string, afterMs: number): TriedAccounts {
    const signedIn = new Set<string>();
    const failed = new Set<string>();
    for (const generation of [this.old, this.young]) {
      for (const [account, { failedMs, succeededMs }] of generation.get(address) ?? []) {
        if (succeededMs > afterMs) signedIn.add(account);
        if (failedMs > afterMs) failed.add(account);
      }
    }
    return { signedIn, failed: [...failed].filter((account) => !signedIn.has(account)).length };
  }

  /** Returns the times of an account to be updated; null if the address has tried too many accounts. */
  private latest(address: string, account: string): Latest | null {
    const accounts = this.young.get(address) ?? new Map<string, Latest>();
    const known = accounts.get(account);
    if (known || accounts.size >= ACCOUNTS) return known ?? null;
    const latest = { failedMs: -Infinity, succeededMs: -Infinity };
    this.young.set(address, accounts.set(account, latest));
    this.youngPairs += 1;
    return latest;
  }

  private age(nowMs: number): void {
    this.old = this.young;
    this.young = new Map();
    this.youngPairs = 0;
    this.youngSinceMs = nowMs;
  }
}
