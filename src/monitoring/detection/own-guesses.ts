/** What {@link addressesThatGuess} needs to know of an observation. */
export interface Attempted {
  /** False for logins that succeeded. */
  readonly counts: boolean;
  /** Whether its password was checked. */
  readonly evaluated: boolean;
  readonly account: string | null;
  readonly address: string | null;
}

/** Fewer wrong passwords than these from one address may be a mistake. */
const LEAST_GUESSES = 2;

/**
 * Returns the addresses that entered at least two wrong passwords, for at least `leastAccounts` accounts, and for more
 * accounts than they signed in to. Accounts that they signed in to do not count as guessed. A single login exempts no
 * address, because an attacker may have an account, too.
 */
export function addressesThatGuess(
  attempts: readonly Attempted[],
  leastAccounts: number,
): Set<string | null> {
  const succeeded = new Map<string | null, Set<string | null>>();
  for (const { counts, address, account } of attempts) {
    if (!counts) succeeded.set(address, (succeeded.get(address) ?? new Set()).add(account));
  }
  const guesses = new Map<string | null, (string | null)[]>();
  for (const { counts, evaluated, address, account } of attempts) {
    if (!counts || !evaluated || succeeded.get(address)?.has(account)) continue;
    const accounts = guesses.get(address) ?? [];
    accounts.push(account);
    guesses.set(address, accounts);
  }
  const found = new Set<string | null>();
  for (const [address, accounts] of guesses) {
    const guessed = new Set(accounts).size;
    if (accounts.length < LEAST_GUESSES || guessed < leastAccounts) continue;
    if (guessed > (succeeded.get(address)?.size ?? 0)) found.add(address);
  }
  return found;
}
