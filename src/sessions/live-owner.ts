import type { User } from '../users/user.entity.js';
import type { LockedSession } from './sessions.repository.js';

/** The owner of a session that has not ended; null otherwise. */
export function liveOwnerOf({ session, owner }: LockedSession, now: Date): User | null {
  const isLive = session.revokedAt === null && session.idleExpiresAt > now && session.expiresAt > now;
  return isLive && owner?.disabledAt === null ? owner : null;
}
