import type { Origin } from '../../platform/http/origin.js';
import { RateLimited } from '../../rate-limit/rate-limit.errors.js';
import type { LockedSession } from '../sessions.repository.js';
import type { Session } from '../session.entity.js';
import { clientFingerprint, userAgentDigest } from './client-fingerprint.js';

/**
 * A session rotates at most once in this time, milliseconds. Retries, several tabs and a change of network within it
 * receive the current token again, so that they neither create a second descendant nor end the session.
 */
export const WINDOW_MS = 10_000;

/** The outcome of presenting a genuine refresh token of a live session. */
export type RefreshVerdict = 'rotate' | 'replay' | 'wait' | 'reuse';

/**
 * Decides what happens to a presented generation. The current one rotates unless it was created within the window. Within
 * the window, the user agent that rotated receives the same token again, for the current and the previous generation;
 * another user agent has to wait, because browsers update themselves. Everything else is reuse.
 */
export function judgeRefresh(
  { session, sinceRotationMs }: LockedSession,
  presented: number,
  origin: Origin,
): RefreshVerdict {
  // The database's clock can be set back: a rotation that lies in the future must not keep the window open.
  const inWindow = session.generation > 0 && Math.abs(sinceRotationMs) <= WINDOW_MS;
  const isCurrent = presented === session.generation;
  if (isCurrent && !inWindow) return 'rotate';
  const isPrevious = presented === session.generation - 1;
  if (!inWindow || !(isCurrent || isPrevious)) return 'reuse';
  if (hasRotated(session, origin)) return 'replay';
  return isCurrent ? 'wait' : 'reuse';
}

/** An instance of the previous version stores no digest of the user agent; its own rule applies to its rotations. */
function hasRotated({ rotatedBy, client }: Session, origin: Origin): boolean {
  return rotatedBy === null
    ? client.equals(clientFingerprint(origin))
    : rotatedBy.equals(userAgentDigest(origin));
}

/** `rate_limited` until the window has passed. */
export function rotationInProgress({ sinceRotationMs }: LockedSession): RateLimited {
  return new RateLimited(['refresh'], WINDOW_MS - sinceRotationMs);
}
