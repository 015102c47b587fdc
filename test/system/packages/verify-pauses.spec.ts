import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createVerifier, type VerificationError, type Verifier } from '../../../packages/verify/src/index.js';
import { createPerson } from '../../support/app/people.js';
import { ServiceAccountsOf } from '../../support/app/service-accounts.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { startFeedWithoutLines } from '../../support/packages/feed-without-lines.js';
import { eventually } from '../../support/time/eventually.js';

/** Longer than what is known may be old, milliseconds. */
const PAUSE_MS = 2500;

/** How many verifications wait at once. */
const MOST_WAITING = 1000;

/** Keeps the process from doing anything else, as a platform does that stops it between two requests. */
function pause(): void {
  const untilMs = performance.now() + PAUSE_MS;
  while (performance.now() < untilMs);
}

describe('@portcullis/verify, in a process that was stopped for longer than revocations may be unknown', () => {
  let app: TestApp;
  let verifier: Verifier;
  beforeAll(async () => {
    app = await startApp({ listen: true });
    const { key } = await (await ServiceAccountsOf.of(app)).create('revocations:read');
    const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = app.environment;
    verifier = createVerifier({ issuer, audience, url: app.url, revocations: { key } });
  });
  afterAll(async () => {
    verifier.close();
    await app.close();
  });

  const outcomeOf = (token: string) =>
    verifier.verify(token).then(
      () => 'accepted',
      ({ code }: VerificationError) => code,
    );

  it('accepts a good token within a second, and refuses one whose session ended just before', async () => {
    const [ending, other] = [await createPerson(app), await createPerson(app)];
    for (const { accessToken } of [ending, other])
      await eventually(async () => expect(await outcomeOf(accessToken)).toBe('accepted'));
    await app.call({ method: 'POST', url: '/auth/logout', token: ending.accessToken });
    pause();
    const startedMs = performance.now();
    const outcomes = await Promise.all([other, ending].map(({ accessToken }) => outcomeOf(accessToken)));
    expect(outcomes).toEqual(['accepted', 'session_ended']);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});

describe('the wait for the next line of the revocations', () => {
  it('ends after half a second, and a thousand wait at most', async () => {
    const feed = await startFeedWithoutLines(null);
    let ended = 0;
    const wait = async () => {
      const isFresh = await feed.becomesFresh();
      ended += 1;
      return isFresh;
    };
    const waiting = Array.from({ length: MOST_WAITING }, wait);
    expect([await wait(), ended]).toEqual([false, 1]);
    vi.advanceTimersByTime(499);
    await Promise.resolve();
    expect(ended).toBe(1);
    vi.advanceTimersByTime(1);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([false]));
  });

  it('ends when the verifier is closed', async () => {
    const feed = await startFeedWithoutLines(null);
    const waiting = feed.becomesFresh();
    feed.close();
    expect([await waiting, await feed.becomesFresh()]).toEqual([false, false]);
  });

  it.each([401, 403])('does not happen where the key is refused by %i', async (status) => {
    const feed = await startFeedWithoutLines(status);
    await feed.begun();
    expect(await feed.becomesFresh()).toBe(false);
  });
});
