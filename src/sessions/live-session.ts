import type { User } from '../users/user.entity.js';
import type { Session } from './session.entity.js';

/** A session that has not ended, and its owner, who is not disabled. */
export interface LiveSession {
  readonly session: Session;
  readonly owner: User;
}

/**
 * The owner of a session that has not ended; null otherwise. The same as {@link liveSession} and {@link ENABLED_OWNER}
 * in SQL.
 */
export function liveOwnerOf(
  {
    session,
    owner,
  }: {
    readonly session: Pick<Session, 'revokedAt' | 'idleExpiresAt' | 'expiresAt'>;
    readonly owner: User | null;
  },
  now: Date,
): User | null {
  const isLive = session.revokedAt === null && session.idleExpiresAt > now && session.expiresAt > now;
  return isLive && owner?.disabledAt === null ? owner : null;
}

/** SQL: a row of `sessions AS session` has not ended at `now`, a parameter or an expression. */
export const liveSession = (now: string) =>
  `session.revoked_at IS NULL AND session.idle_expires_at > ${now} AND session.expires_at > ${now}`;

/** SQL: a row of `users AS owner` may have live sessions. */
export const ENABLED_OWNER = 'owner.disabled_at IS NULL';
