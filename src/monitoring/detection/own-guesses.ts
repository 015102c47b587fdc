import type { TriedAccounts } from './address-outcomes.js';

/** Fewer wrong passwords than these from one address may be a mistake. */
const LEAST_GUESSES = 2;
/** Signing in to fewer accounts than these exempts no address, because an attacker may have an account, too. */
const LEAST_EXEMPTING = 2;

/**
 * Whether an address guesses itself: it entered at least two wrong passwords for the subject of a rule, for at least
 * `leastAccounts` accounts, and failed for more accounts in all than it signed in to. Accounts that it signed in to do not
 * count as guessed, and a login to a single other account exempts no address.
 * @param wrong the accounts of the wrong passwords that it entered for the subject, one for each of them
 * @param tried the accounts that it has tried within the time of the rule, whatever the subject
 */
export function isGuessing(
  wrong: readonly (string | null)[],
  { signedIn, failed }: TriedAccounts,
  leastAccounts: number,
): boolean {
  const guesses = wrong.filter((account) => account !== null && !signedIn.has(account));
  if (guesses.length < LEAST_GUESSES || new Set(guesses).size < leastAccounts) return false;
  return signedIn.size < LEAST_EXEMPTING || failed > signedIn.size;
}
