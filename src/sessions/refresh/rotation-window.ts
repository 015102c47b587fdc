import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { RateLimitErrors } from '../../rate-limit/rate-limit.errors.js';
import type { LockedSession } from '../sessions.repository.js';
import { userAgentDigest } from './client-fingerprint.js';

/**
 * A session rotates at most once in this time, milliseconds. Lost answers, several tabs and a change of network within
 * it get the current token again, so that they neither create a second descendant nor end the session.
 */
const WINDOW_MS = 10_000;

/** What a genuine refresh token of a live session leads to. */
export type RefreshVerdict = 'rotate' | 'replay' | 'wait' | 'reuse';

/**
 * Judges a presented generation. The current one rotates, unless it came about within the window: then the user agent
 * that rotated gets the same token again, for the current generation and the one before, and another one has to wait,
 * since browsers update themselves. Everything else is reuse.
 */
export function judgeRefresh(
  { session, sinceRotationMs }: LockedSession,
  presented: number,
  origin: Origin,
): RefreshVerdict {
  const inWindow = session.generation > 0 && sinceRotationMs <= WINDOW_MS;
  const isCurrent = presented === session.generation;
  if (isCurrent && !inWindow) return 'rotate';
  if (!inWindow || presented < session.generation - 1) return 'reuse';
  if (session.rotatedBy === null || session.rotatedBy.equals(userAgentDigest(origin))) return 'replay';
  return isCurrent ? 'wait' : 'reuse';
}

/** `rate_limited` until the window has passed. */
export function rotationInProgress({ sinceRotationMs }: LockedSession): Problem {
  return new Problem(RateLimitErrors.rate_limited, {
    retryAfterSeconds: Math.max(1, Math.ceil((WINDOW_MS - sinceRotationMs) / 1000)),
    extensions: { 'violated-policies': ['refresh'] },
  });
}
