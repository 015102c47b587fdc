import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createVerifier, type VerificationError, type Verifier } from '../../../packages/verify/src/index.js';
import { RevocationFeed } from '../../../packages/verify/src/revocation-feed.js';
import { RevocationList } from '../../../packages/verify/src/revocation-list.js';
import { createPerson } from '../../support/app/people.js';
import { ServiceAccountsOf } from '../../support/app/service-accounts.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
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
  /** A feed of a service that accepts requests and answers them as told, where no time passes. */
  async function startFeed(status: number | null): Promise<RevocationFeed> {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const service = createServer((_request, response) => {
      if (status !== null) response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const feed = new RevocationFeed({
      url: `http://127.0.0.1:${(service.address() as AddressInfo).port}/revocations`,
      key: 'key',
      maxStalenessMs: 1000,
      list: new RevocationList(() => Date.now()),
    });
    onTestFinished(() => {
      feed.close();
      vi.useRealTimers();
      service.closeAllConnections();
      service.close();
    });
    return feed;
  }

  it('ends after half a second, and a thousand wait at most', async () => {
    const feed = await startFeed(null);
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
    const feed = await startFeed(null);
    const waiting = feed.becomesFresh();
    feed.close();
    expect([await waiting, await feed.becomesFresh()]).toEqual([false, false]);
  });

  it.each([401, 403])('does not happen where the key is refused by %i', async (status) => {
    const feed = await startFeed(status);
    await feed.begun();
    expect(await feed.becomesFresh()).toBe(false);
  });
});
