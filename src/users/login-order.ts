import type { User } from './user.entity.js';

/** How far a login can be ahead of another clock, milliseconds. One that is further ahead was timed by a clock that was wrong. */
const MAX_SKEW_MS = 60_000;

/**
 * Returns the time of an addition to a locked account: `now`, but not before its latest login, which an instance whose clock is
 * ahead may have timed. An owner who disowns a login removes what was added since, so the times must be in the real order.
 */
export function notBeforeLogin(lastLoginAt: Date | null, now: Date): Date {
  return lastLoginAt !== null && isAhead(lastLoginAt, now) ? lastLoginAt : now;
}

/** Returns the latest time that precedes `time` on the clock of every instance. */
export function beforeAnyClock(time: Date): Date {
  return new Date(time.getTime() - MAX_SKEW_MS);
}

/** Returns the time of a login to a locked account: `now`, but after its latest login. */
export function afterLogin({ lastLoginAt }: Pick<User, 'lastLoginAt'>, now: Date): Date {
  return afterLatest(lastLoginAt, now);
}

/** Returns `now`, but after the latest event of the same kind in a locked account, which another instance may have timed. */
export function afterLatest(latest: Date | null, now: Date): Date {
  return notBeforeLogin(latest && new Date(latest.getTime() + 1), now);
}

const isAhead = (time: Date, now: Date) => time > now && time.getTime() - now.getTime() <= MAX_SKEW_MS;
