import { describe, expect, it } from 'vitest';
import type { Origin } from '../../platform/http/origin.js';
import { Session } from '../session.entity.js';
import type { LockedSession } from '../sessions.repository.js';
import { clientFingerprint, userAgentDigest } from './client-fingerprint.js';
import { judgeRefresh, type RefreshVerdict, rotationInProgress } from './rotation-window.js';

const from = (userAgent: string | null, network = '192.0.2.1'): Origin => ({
  requestId: 'request',
  ip: network,
  network,
  userAgent,
});

const BROWSER = from('Browser/1');
const ELSEWHERE = from('Browser/1', '198.51.100.1');
const UPDATED = from('Browser/2');

/** A session of the given generation that {@link BROWSER} rotated `sinceRotationMs` ago. */
function locked(
  generation: number,
  sinceRotationMs: number,
  rotatedBy: Origin | null = BROWSER,
): LockedSession {
  const session = Object.assign(new Session(), {
    generation,
    rotatedBy: rotatedBy && userAgentDigest(rotatedBy),
    client: clientFingerprint(rotatedBy ?? BROWSER),
  });
  return { session, owner: null, sinceRotationMs, readAt: new Date() };
}

type Row = readonly [
  what: string,
  generation: number,
  presented: number,
  sinceMs: number,
  origin: Origin,
  verdict: RefreshVerdict,
];

const TABLE: Row[] = [
  ['the first refresh, within a second of the login', 0, 0, 0, BROWSER, 'rotate'],
  ['the first refresh by another user agent', 0, 0, 0, UPDATED, 'rotate'],
  ['the first refresh on a clock that is behind', 0, 0, -15_000, BROWSER, 'rotate'],
  ['the current token after the window', 1, 1, 10_001, BROWSER, 'rotate'],
  ['the current token after the window, by another user agent', 1, 1, 10_001, UPDATED, 'rotate'],
  ['the current token at the window’s end', 1, 1, 10_000, BROWSER, 'replay'],
  ['the current token in the window', 1, 1, 0, BROWSER, 'replay'],
  ['the current token in the window, from another network', 1, 1, 500, ELSEWHERE, 'replay'],
  ['the current token in the window, by another user agent', 1, 1, 500, UPDATED, 'wait'],
  ['the current token in the window, without a user agent', 1, 1, 500, from(null), 'wait'],
  ['the previous token in the window', 1, 0, 10_000, BROWSER, 'replay'],
  ['the previous token in the window, from another network', 1, 0, 500, ELSEWHERE, 'replay'],
  ['the previous token in the window, by another user agent', 1, 0, 500, UPDATED, 'reuse'],
  ['the previous token in the window, without a user agent', 1, 0, 500, from(null), 'reuse'],
  ['the previous token after the window', 1, 0, 10_001, BROWSER, 'reuse'],
  ['the token before the previous one, in the window', 2, 0, 0, BROWSER, 'reuse'],
  ['the token before the previous one, after the window', 2, 0, 10_001, BROWSER, 'reuse'],
  ['a generation that a restored database has not reached, in the window', 1, 2, 0, BROWSER, 'reuse'],
  ['a generation that a restored database has not reached, after it', 1, 2, 10_001, BROWSER, 'reuse'],
  ['a generation that a new session has not reached', 0, 1, 0, BROWSER, 'reuse'],
  ['the current token after the database’s clock was set back a little', 1, 1, -500, BROWSER, 'replay'],
  ['the current token after the database’s clock was set back', 1, 1, -10_001, BROWSER, 'rotate'],
  ['the previous token after the database’s clock was set back', 1, 0, -10_001, BROWSER, 'reuse'],
];

describe('a refresh', () => {
  it.each(TABLE)(
    'with %s: generation %i, %i presented after %i ms',
    (_, generation, presented, since, origin, verdict) => {
      expect(judgeRefresh(locked(generation, since), presented, origin)).toBe(verdict);
    },
  );

  it.each<[string, number, Origin, RefreshVerdict]>([
    ['the current token by its client', 1, BROWSER, 'replay'],
    ['the previous token by its client', 0, BROWSER, 'replay'],
    ['the current token by another client', 1, UPDATED, 'wait'],
    ['the previous token by another client', 0, UPDATED, 'reuse'],
  ])('after a rotation by an instance of the previous version: %s', (_, presented, origin, verdict) => {
    expect(judgeRefresh(locked(1, 500, null), presented, origin)).toBe(verdict);
  });

  it('without a user agent is bound to the absence of one', () => {
    const bare = from(null);
    expect(judgeRefresh(locked(1, 500, bare), 0, bare)).toBe('replay');
    expect(judgeRefresh(locked(1, 500, bare), 0, BROWSER)).toBe('reuse');
  });

  it.each([
    [0, 10],
    [1, 10],
    [9_500, 1],
    [10_000, 1],
    [-500, 11],
  ])('that is too early after %i ms has to wait for %i seconds', (sinceRotationMs, seconds) => {
    expect(rotationInProgress(locked(1, sinceRotationMs)).occurrence).toMatchObject({
      retryAfterSeconds: seconds,
      extensions: { 'violated-policies': ['refresh'] },
    });
  });
});
