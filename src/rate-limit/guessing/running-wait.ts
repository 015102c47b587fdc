import type { GuessingRules } from './guessing-rules.js';

/**
 * Returns the SQL condition that a wait of `login_failures` is running, given an expression of the time. A wait that would
 * last twice as long as the longest began while PostgreSQL's clock was ahead. It counts as over, because it would otherwise lock
 * the owner out for as long as the clock was ahead. Guessers gain a single attempt by this: it is counted and starts a wait of
 * its own. A clock that is set back by less ends no wait.
 */
export function isWaiting(
  now: string,
  { longestWaitSeconds }: GuessingRules,
  table = 'login_failures',
): string {
  const until = `${table}.blocked_until`;
  return `(${until} > ${now} AND ${until} <= ${now} + interval '${2 * longestWaitSeconds} seconds')`;
}
