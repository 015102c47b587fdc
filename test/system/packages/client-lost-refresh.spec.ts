import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient } from '../../../packages/client/src/index.js';
import { failure, problem } from '../../support/packages/observed-clients.js';
import { RotatingService } from '../../support/packages/rotating-service.js';
import { asTimePasses } from '../../support/time/as-time-passes.js';

/** Longer than the service gives the answer of a rotation again. */
const LATER_MS = 11_000;

const broken = () => {
  throw new TypeError('fetch failed');
};

describe('@portcullis/client, where the answer of a refresh is lost', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A client whose access token has expired. */
  const expired = async () => {
    const service = new RotatingService();
    const reasons: string[] = [];
    const client = createClient({
      baseUrl: 'http://localhost',
      transport: 'body',
      fetch: service.fetch,
      onSignedOut: (reason) => reasons.push(reason),
    });
    await client.login({ email: 'ada@example.com', password: 'of Ada' });
    service.expire();
    return { client, reasons, service };
  };

  it.each<[string, number, () => Response]>([
    ['a proxy answers 502', 1, () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
    ['a proxy answers 504 four times', 4, () => new Response('', { status: 504 })],
    ['a proxy has no server for a moment', 2, () => new Response('', { status: 503 })],
    ['the service answers 500', 1, () => problem(500, 'internal')],
    [
      'the service loses its database',
      2,
      () => problem(503, 'dependency_unavailable', { 'retry-after': '1' }),
    ],
    ['a portal answers with its own text', 2, () => new Response('Welcome')],
    [
      'a portal answers with its own page',
      2,
      () => new Response('<h1>Welcome</h1>', { headers: { 'content-type': 'text/html' } }),
    ],
    ['the connection is lost for two seconds', 3, broken],
    ['the connection is lost for almost nine seconds', 5, broken],
  ])('keeps the session where %s', async (_what, count, lose) => {
    const { client, reasons, service } = await expired();
    service.passage = (answer, n) => (n < count ? lose() : answer);
    expect(await asTimePasses(client.me())).toMatchObject({ displayName: 'Ada' });
    vi.advanceTimersByTime(LATER_MS);
    service.expire();
    expect(await asTimePasses(client.me())).toMatchObject({ displayName: 'Ada' });
    expect(reasons).toEqual([]);
  });

  it('repeats it for nine seconds, less and less often, and then throws', async () => {
    const { client, reasons, service } = await expired();
    service.passage = broken;
    expect(await asTimePasses(failure(client.me()))).toBeInstanceOf(TypeError);
    expect(service.refreshesMs).toEqual([0, 500, 1500, 3500, 7500, 9000]);
    expect([reasons, await client.isSignedIn()]).toEqual([[], true]);
  });

  it('repeats it also where a limit or an overload follows', async () => {
    const { client, reasons, service } = await expired();
    const answers = [
      broken,
      () => problem(503, 'overloaded', { 'retry-after': '2' }),
      () => problem(429, 'rate_limited', { 'retry-after': '20' }),
    ];
    service.passage = (answer, n) => answers[n]?.() ?? answer;
    expect(await asTimePasses(client.me())).toMatchObject({ displayName: 'Ada' });
    expect([service.refreshesMs, reasons]).toEqual([[0, 500, 2500, 9000], []]);
  });

  it('throws a long wait of a proxy at once', async () => {
    const { client, service } = await expired();
    service.passage = () => new Response('', { status: 503, headers: { 'retry-after': '31' } });
    expect(await asTimePasses(failure(client.me()))).toMatchObject({ status: 503, retryAfterSeconds: 31 });
    expect(service.refreshesMs).toEqual([0]);
  });
});
