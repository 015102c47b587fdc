const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;
const JITTER = 0.2;

/** The time after which an unsuccessful delivery is abandoned. */
export const GIVE_UP_AFTER_MS = 86_400_000;

/**
 * Returns how many milliseconds to wait after the given number of failed attempts: 1 s, doubling up to 5 min, plus up
 * to a fifth at random, so that messages that failed together are not retried together.
 * @param random from 0 to 1
 */
export function backoffMs(attempts: number, random: number): number {
  const doubled = FIRST_MS * 2 ** Math.min(attempts - 1, 20);
  return Math.min(LONGEST_MS, Math.round(doubled * (1 + JITTER * random)));
}
