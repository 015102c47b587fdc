import type { RevocationReason } from '../revocation-reason.js';

/** Why tokens are void before they expire, as told to offline verifiers. */
export const REVOCATION_REASONS = [
  'logout',
  'reuse',
  'password_changed',
  'password_reset',
  'address_undone',
  'ended_by_user',
  'ended_by_admin',
  'disowned',
  'roles_changed',
  'disabled',
  'deleted',
  'recovered',
  'key_revoked',
  'key_leaked',
  'reduced',
] as const;

/** One of {@link REVOCATION_REASONS}. */
export type ListedReason = (typeof REVOCATION_REASONS)[number];

/** The listed reason of each reason for which a session ends. */
export const LISTED_REASONS: Readonly<Record<RevocationReason, ListedReason>> = {
  logout: 'logout',
  refresh_token_reused: 'reuse',
  password_changed: 'password_changed',
  password_reset: 'password_reset',
  disowned: 'disowned',
  roles_changed: 'roles_changed',
  account_disabled: 'disabled',
  account_deleted: 'deleted',
  address_undone: 'address_undone',
  recovered: 'recovered',
  // The account's own newer session takes the place of the oldest.
  session_limit: 'ended_by_user',
  ended_by_user: 'ended_by_user',
  response_to_alert: 'ended_by_admin',
  ended_by_administrator: 'ended_by_admin',
};

/** What a listed session or key has lost: everything, or some of its permissions, with those that it keeps living on. */
export type AccessLoss = 'ended' | 'reduced';

/** Returns what was lost for these reasons together; null if there are none. */
export function lossOf(reasons: readonly ListedReason[]): AccessLoss | null {
  if (reasons.length === 0) return null;
  return reasons.every((reason) => reason === 'reduced') ? 'reduced' : 'ended';
}

/** A session or a key, the other being null, and the user or service account that it belongs to. */
interface Revoked {
  readonly sessionId: string | null;
  readonly keyId: string | null;
  readonly subject: string;
}

/** A session or a key whose tokens are void. */
export interface NewRevocation extends Revoked {
  /** Since when; null for now. */
  readonly at: Date | null;
  /** When its tokens have expired, where that was noted. */
  readonly tokensExpireAt: Date | null;
}

/** A revocation in the order in which revocations became visible. */
export interface ListedRevocation extends Revoked {
  readonly number: number;
  readonly reason: ListedReason;
  readonly revokedAt: Date;
  /** When the last token concerned has expired. */
  readonly expiresAt: Date;
}

/** The revocations after a number, as one snapshot of the database has them. */
export interface RevocationPage {
  readonly items: readonly ListedRevocation[];
  /** The number to continue from. */
  readonly last: number;
  /** Whether there may be more. */
  readonly isFull: boolean;
}
