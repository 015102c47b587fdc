import type { User } from '../../users/user.entity.js';

/** Statuses of an account. The first that applies is reported, in the order disabled, locked, invited, unverified, active. */
export const ACCOUNT_STATUSES = ['active', 'invited', 'unverified', 'locked', 'disabled'] as const;

/** One of {@link ACCOUNT_STATUSES}. `locked`: logins from unknown devices are refused after too many failures. */
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

/** Returns the status of an account, given whether guesses at its password are refused. */
export function statusOf({ disabledAt, invitedAt, emailVerified }: User, isLocked: boolean): AccountStatus {
  if (disabledAt !== null) return 'disabled';
  if (isLocked) return 'locked';
  if (invitedAt !== null) return 'invited';
  return emailVerified ? 'active' : 'unverified';
}
