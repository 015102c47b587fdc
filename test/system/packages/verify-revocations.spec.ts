import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  createVerifier,
  type RevocationOptions,
  type VerificationCode,
  type VerificationError,
  type Verifier,
} from '../../../packages/verify/src/index.js';
import { newKey as newKeyText } from '../../../src/machines/keys/key-format.js';
import { SystemClock } from '../../../src/platform/clock/clock.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import { RACE_ROUNDS } from '../../support/races/race-rounds.js';
import type { Tokens } from '../../support/app/accounts.js';
import { createPerson } from '../../support/app/people.js';
import { clientToken } from '../../support/app/oauth.js';
import type { NewKey } from '../../support/app/api-keys.js';
import { enrolTotp } from '../../support/app/factors.js';
import { startApp, startBeside, type TestApp } from '../../support/app/test-app.js';
import { type FeedProxy, startFeedProxy } from '../../support/network/feed-proxy.js';
import { PROTECTED_APIS } from '../../support/packages/protected-apis.js';
import { eventually } from '../../support/time/eventually.js';
import { WrongClock } from '../../support/time/wrong-clock.js';

/** The default of `maxStalenessSeconds`, and what the service may take, milliseconds. */
const BOUND_MS = 2000;

const SCOPES = ['revocations:read', 'tokens:introspect', 'orders:read'];

type Outcome = 'accepted' | VerificationCode;

/** What a verifier said of a token, and when it was asked. */
interface Sample {
  readonly askedMs: number;
  readonly outcome: Outcome;
}

const outcomeOf = (verifier: Verifier, token: string): Promise<Outcome> =>
  verifier.verify(token).then(
    () => 'accepted' as const,
    ({ code }: VerificationError) => code,
  );

/** Asks about a token every few milliseconds, until told to stop. */
function watch(
  verifier: Verifier,
  token: string,
): { readonly samples: Sample[]; readonly stop: () => Promise<void> } {
  const samples: Sample[] = [];
  const over = new AbortController();
  const run = async () => {
    while (!over.signal.aborted) {
      const askedMs = performance.now();
      samples.push({ askedMs, outcome: await outcomeOf(verifier, token) });
      await delay(10);
    }
  };
  const running = run();
  return {
    samples,
    stop: () => {
      over.abort();
      return running;
    },
  };
}

describe('@portcullis/verify, which follows the revocations', () => {
  let here: TestApp;
  let there: TestApp;
  let admin: string;
  let account: { readonly id: string };
  let key: string;
  const call = async <T>(url: string, body: object): Promise<T> => {
    const answer = await here.call({ url, token: admin, body });
    expect(answer.statusCode).toBe(201);
    return answer.json<T>();
  };
  const keysUrl = () => `/admin/service-accounts/${account.id}/api-keys`;
  const newKey = () => call<NewKey>(keysUrl(), { name: 'Orders', scopes: SCOPES });
  const revokeKey = async ({ id }: NewKey) => {
    const answer = await here.call({ method: 'DELETE', url: `${keysUrl()}/${id}`, token: admin });
    expect(answer.statusCode).toBe(204);
  };
  beforeAll(async () => {
    here = await startApp({ listen: true });
    there = await startBeside(here, { listen: true });
    ({ accessToken: admin } = await createPerson(here, { roles: ['admin'] }));
    account = await call('/admin/service-accounts', { name: 'Orders', scopes: SCOPES });
    ({ key } = await newKey());
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  /** Tests that run at once have to say when they are finished themselves. */
  type Finished = typeof onTestFinished;
  const start = (
    url: string,
    revocations: Partial<RevocationOptions> = {},
    finished: Finished = onTestFinished,
  ): Verifier => {
    const verifier = createVerifier({
      issuer: 'http://localhost:3000',
      audience: 'portcullis',
      url,
      revocations: { key, ...revocations },
    });
    finished(() => verifier.close());
    return verifier;
  };
  const startBehindProxy = async (
    finished: Finished = onTestFinished,
    revocations: Partial<RevocationOptions> = {},
  ) => {
    const proxy = await startFeedProxy(there.url);
    finished(() => proxy.stop());
    return { proxy, verifier: start(proxy.url, revocations, finished) };
  };
  /** Ends a session on the other instance; answers when that was answered. */
  const logOut = async ({ accessToken: token }: Tokens): Promise<number> => {
    const { statusCode } = await here.call({ method: 'POST', url: '/auth/logout', token });
    expect(statusCode).toBe(204);
    return performance.now();
  };

  it('refuses a session that has ended within the stated time, and accepts all others throughout', async () => {
    const verifier = start(there.url);
    const other = await createPerson(here);
    await eventually(async () => expect(await outcomeOf(verifier, other.accessToken)).toBe('accepted'));
    const staying = watch(verifier, other.accessToken);
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const ending = await createPerson(here);
      expect(await outcomeOf(verifier, ending.accessToken)).toBe('accepted');
      const { samples, stop } = watch(verifier, ending.accessToken);
      const endedMs = await logOut(ending);
      await eventually(() => expect(samples.at(-1)!.outcome).toBe('session_ended'));
      await stop();
      expect(performance.now() - endedMs).toBeLessThan(BOUND_MS);
    }
    await staying.stop();
    expect(staying.samples.filter(({ outcome }) => outcome !== 'accepted')).toEqual([]);
  });

  it('refuses what ended before it started', async () => {
    const ended = await createPerson(here);
    await logOut(ended);
    const verifier = start(there.url);
    expect(await outcomeOf(verifier, ended.accessToken)).toBe('session_ended');
  });

  it('refuses the tokens of a session that loses a factor, and accepts the next one', async () => {
    const verifier = start(there.url);
    const signed = await createPerson(here);
    const totp = await enrolTotp(here, signed, Date.now());
    const renew = async ({ refreshToken }: Tokens) =>
      (await here.call({ url: '/auth/refresh', body: { refreshToken } })).json<Tokens>();
    const strong = await renew(signed);
    expect(await outcomeOf(verifier, strong.accessToken)).toBe('accepted');
    const url = `/users/me/factors/${totp.id}`;
    expect((await here.call({ method: 'DELETE', url, token: strong.accessToken })).statusCode).toBe(204);
    await eventually(
      async () => expect(await outcomeOf(verifier, strong.accessToken)).toBe('invalid_token'),
      { timeoutMs: BOUND_MS },
    );
    const weak = await renew(strong);
    expect(await outcomeOf(verifier, weak.accessToken)).toBe('accepted');
  });

  it('refuses a token of the former level from an instance whose clock is ahead of the database’s', async () => {
    const ahead = await startBeside(here, { clock: new WrongClock(new SystemClock(), 5000) });
    onTestFinished(() => ahead.close());
    const verifier = start(there.url);
    const signed = await createPerson(here);
    const totp = await enrolTotp(here, signed, Date.now());
    const { refreshToken } = signed;
    const renewed = await ahead.call({ url: '/auth/refresh', body: { refreshToken } });
    const { accessToken: token } = renewed.json<Tokens>();
    expect(await outcomeOf(verifier, token)).toBe('accepted');
    const url = `/users/me/factors/${totp.id}`;
    expect((await here.call({ method: 'DELETE', url, token })).statusCode).toBe(204);
    await eventually(async () => expect(await outcomeOf(verifier, token)).toBe('invalid_token'), {
      timeoutMs: BOUND_MS,
    });
  });

  /** What a proxy does to the stream before a session ends. */
  const FAULTS: Readonly<Record<string, (proxy: FeedProxy) => unknown>> = {
    'is cut': (proxy) => proxy.cut(),
    'falls silent': (proxy) => proxy.silence(),
    'is 700 ms late': (proxy) => (proxy.lateMs = () => 700),
    'is 1.5 seconds late': (proxy) => (proxy.lateMs = () => 1500),
    'falls behind without a pause': (proxy) => {
      const startedMs = performance.now();
      proxy.lateMs = () => (performance.now() - startedMs) * 0.8;
      return delay(3000);
    },
    'is replaced by an earlier one': (proxy) => proxy.replay(1),
    'is replaced by an earlier one, played faster': (proxy) => proxy.replay(20),
    'repeats its last line without end, and faster': (proxy) => proxy.repeatEvery(25),
  };

  it.concurrent.for(Object.keys(FAULTS))(
    'never accepts a revoked token when the stream %s',
    { timeout: 60_000 },
    async (name, test) => {
      const { proxy, verifier } = await startBehindProxy(test.onTestFinished);
      const [ending, other] = [await createPerson(here), await createPerson(here)];
      for (const { accessToken } of [ending, other])
        await eventually(async () => expect(await outcomeOf(verifier, accessToken)).toBe('accepted'));
      // There is something to replay.
      await delay(1500);
      const ended = watch(verifier, ending.accessToken);
      const staying = watch(verifier, other.accessToken);
      await FAULTS[name]!(proxy);
      const endedMs = await logOut(ending);
      await delay(2 * BOUND_MS);
      proxy.heal();
      await eventually(() => expect(ended.samples.at(-1)!.outcome).toBe('session_ended'), {
        timeoutMs: 8000,
      });
      await eventually(() => expect(staying.samples.at(-1)!.outcome).toBe('accepted'));
      await ended.stop();
      await staying.stop();
      const late = ended.samples.filter(
        ({ askedMs, outcome }) => askedMs > endedMs + BOUND_MS && outcome === 'accepted',
      );
      expect(late).toEqual([]);
      expect(new Set(staying.samples.map(({ outcome }) => outcome))).not.toContain('session_ended');
    },
  );

  /** What happens to a stream whose replacement works. */
  const HARMLESS: Readonly<Record<string, (proxy: FeedProxy) => unknown>> = {
    'falls silent': (proxy) => proxy.forget(),
    'falls behind, and another one takes 400 ms to begin': (proxy) =>
      (proxy.lateMs = (ageMs) => 400 + ageMs * 0.2),
  };

  it.concurrent.for(Object.keys(HARMLESS))(
    'opens another stream in time, and accepts throughout, when its stream %s',
    async (name, test) => {
      const { proxy, verifier } = await startBehindProxy(test.onTestFinished);
      const { accessToken } = await createPerson(here);
      await eventually(async () => expect(await outcomeOf(verifier, accessToken)).toBe('accepted'));
      HARMLESS[name]!(proxy);
      const { samples, stop } = watch(verifier, accessToken);
      await delay(8000);
      await stop();
      expect(proxy.requests).toBeGreaterThan(1);
      expect(samples.filter(({ outcome }) => outcome !== 'accepted')).toEqual([]);
    },
  );

  it.concurrent(
    'refuses everything if it never reaches the list, and waits for that only once',
    async (test) => {
      const { accessToken } = await createPerson(here);
      const proxy = await startFeedProxy(there.url);
      test.onTestFinished(() => proxy.stop());
      proxy.cut();
      const verifier = start(proxy.url, {}, test.onTestFinished);
      expect(await outcomeOf(verifier, accessToken)).toBe('verification_unavailable');
      const startedMs = performance.now();
      expect(await outcomeOf(verifier, accessToken)).toBe('verification_unavailable');
      expect(performance.now() - startedMs).toBeLessThan(1000);
    },
  );

  it('follows again after a cut, and knows what ended meanwhile', async () => {
    const { proxy, verifier } = await startBehindProxy();
    const [ending, other] = [await createPerson(here), await createPerson(here)];
    await eventually(async () => expect(await outcomeOf(verifier, ending.accessToken)).toBe('accepted'));
    proxy.cut();
    await eventually(async () =>
      expect(await outcomeOf(verifier, other.accessToken)).toBe('verification_unavailable'),
    );
    await logOut(ending);
    proxy.heal();
    const { samples, stop } = watch(verifier, ending.accessToken);
    await eventually(async () => expect(await outcomeOf(verifier, other.accessToken)).toBe('accepted'));
    await stop();
    expect(samples.filter(({ outcome }) => outcome === 'accepted')).toEqual([]);
  });

  it.each(Object.keys(PROTECTED_APIS))('is answered by 503 and Retry-After in %s', async (framework) => {
    const { proxy, verifier } = await startBehindProxy();
    const api = await PROTECTED_APIS[framework]!(verifier, {});
    onTestFinished(() => api.close());
    const { accessToken } = await createPerson(here);
    const call = () => fetch(api.url, { headers: { authorization: `Bearer ${accessToken}` } });
    expect((await call()).status).toBe(200);
    proxy.cut();
    const answer = await eventually(async () => {
      const refused = await call();
      expect(refused.status).toBe(503);
      return refused;
    });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ status: 503, code: 'verification_unavailable' });
  });

  it('refuses the token that a key got after the key was revoked', async () => {
    const verifier = start(there.url);
    const made = await newKey();
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: account.id,
      client_secret: made.key,
    });
    const answer = await fetch(`${here.url}/oauth/token`, { method: 'POST', body: form });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    expect(await verifier.verify(token)).toMatchObject({
      subject: account.id,
      sessionId: null,
      scopes: expect.arrayContaining(['orders:read']) as string[],
    });
    await revokeKey(made);
    await eventually(async () => expect(await outcomeOf(verifier, token)).toBe('invalid_token'), {
      timeoutMs: BOUND_MS,
    });
  });

  it("refuses a key's token while the account is disabled, and accepts the next one once it is enabled", async () => {
    const sleeper = await call<{ id: string }>('/admin/service-accounts', {
      name: 'Sleeper',
      scopes: SCOPES,
    });
    const url = `/admin/service-accounts/${sleeper.id}`;
    const made = await call<NewKey>(`${url}/api-keys`, { name: 'Sleeper', scopes: SCOPES });
    const client = { id: sleeper.id, keyId: made.id, key: made.key };
    const setDisabled = async (disabled: boolean) => {
      const answer = await here.call({ method: 'PATCH', url, token: admin, body: { disabled } });
      expect(answer.statusCode).toBe(200);
    };
    const verifier = start(there.url);
    const before = await clientToken(here, client);
    expect(await outcomeOf(verifier, before)).toBe('accepted');
    await setDisabled(true);
    await eventually(async () => expect(await outcomeOf(verifier, before)).toBe('invalid_token'), {
      timeoutMs: BOUND_MS,
    });
    await setDisabled(false);
    const after = await eventually(() => clientToken(here, client));
    expect(await outcomeOf(verifier, after)).toBe('accepted');
    expect(await outcomeOf(verifier, before)).toBe('invalid_token');
  });

  it('tells in the cause why revocations are unknown, such as a key without the scope', async () => {
    const { accessToken } = await createPerson(here);
    const { key: other } = await call<NewKey>(keysUrl(), { name: 'Orders', scopes: ['orders:read'] });
    const verifier = start(there.url, { key: other });
    await expect(verifier.verify(accessToken)).rejects.toMatchObject({
      code: 'verification_unavailable',
      cause: { message: expect.stringContaining('status 403') as string },
    });
  });

  it('refuses everything behind a proxy that replaces X-Request-Id, and tells that in the cause', async () => {
    const { accessToken } = await createPerson(here);
    const proxy = await startFeedProxy(there.url);
    onTestFinished(() => proxy.stop());
    proxy.requestId = 'given-by-the-proxy';
    await expect(start(proxy.url).verify(accessToken)).rejects.toMatchObject({
      code: 'verification_unavailable',
      cause: { message: expect.stringContaining('X-Request-Id') as string },
    });
  });

  it.each([undefined, ''])('cannot be created with the key %o, as of a variable that is not set', (unset) => {
    expect(() => start(there.url, { key: unset! })).toThrow('revocations.key');
  });

  it('refuses keys, which only the service can read', async () => {
    expect(await outcomeOf(start(there.url), (await newKey()).key)).toBe('invalid_token');
  });

  describe('and asks while they are not known', () => {
    it('accepts what is good, and refuses what has ended or is reduced', async () => {
      const { proxy, verifier } = await startBehindProxy(onTestFinished, { whenStale: 'ask' });
      const [ending, other, reduced] = [
        await createPerson(here),
        await createPerson(here),
        await createPerson(here),
      ];
      const totp = await enrolTotp(here, reduced, Date.now());
      expect(await outcomeOf(verifier, ending.accessToken)).toBe('accepted');
      proxy.cut();
      const staying = watch(verifier, other.accessToken);
      const ended = watch(verifier, ending.accessToken);
      const url = `/users/me/factors/${totp.id}`;
      const { refreshToken } = reduced;
      const renewed = await here.call({ url: '/auth/refresh', body: { refreshToken } });
      const { accessToken: token } = renewed.json<Tokens>();
      expect((await here.call({ method: 'DELETE', url, token })).statusCode).toBe(204);
      const endedMs = await logOut(ending);
      await delay(BOUND_MS + 500);
      expect(await outcomeOf(verifier, token)).toBe('invalid_token');
      for (const { stop } of [staying, ended]) await stop();
      expect(new Set(staying.samples.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']));
      const late = ended.samples.filter(({ askedMs }) => askedMs > endedMs + BOUND_MS);
      expect(new Set(late.map(({ outcome }) => outcome))).toEqual(new Set(['invalid_token']));
    });

    it('refuses everything if nobody answers', async () => {
      const { proxy, verifier } = await startBehindProxy(onTestFinished, { whenStale: 'ask' });
      const { accessToken } = await createPerson(here);
      expect(await outcomeOf(verifier, accessToken)).toBe('accepted');
      await proxy.stop();
      await eventually(async () =>
        expect(await outcomeOf(verifier, accessToken)).toBe('verification_unavailable'),
      );
    });

    it('asks about keys, too', async () => {
      const verifier = start(there.url, { whenStale: 'ask' });
      const made = await newKey();
      expect(await verifier.verify(made.key)).toMatchObject({
        subject: account.id,
        sessionId: null,
        scopes: SCOPES,
        claims: {
          iss: 'http://localhost:3000',
          aud: 'portcullis',
          sub: account.id,
          jti: made.id,
          key: made.id,
        },
      });
      await revokeKey(made);
      await eventually(async () => expect(await outcomeOf(verifier, made.key)).toBe('invalid_token'), {
        timeoutMs: BOUND_MS,
      });
    });

    it('can follow them again although a stranger has sent more keys than the limit allows', async () => {
      const limited = await startBeside(here, { listen: true, variables: { RATE_LIMIT_KEY: '40/60' } });
      onTestFinished(() => limited.close());
      const proxy = await startFeedProxy(limited.url);
      onTestFinished(() => proxy.stop());
      const { key: own } = await newKey();
      const verifier = start(proxy.url, { key: own, whenStale: 'ask' });
      const { accessToken } = await createPerson(here);
      await eventually(async () => expect(await outcomeOf(verifier, accessToken)).toBe('accepted'));
      const madeUp = () => outcomeOf(verifier, newKeyText('user', new SystemRandomness()));
      for (let n = 0; n < 50; n += 1) await madeUp();
      expect(await madeUp()).toBe('verification_unavailable');
      proxy.cut();
      await eventually(async () =>
        expect(await outcomeOf(verifier, accessToken)).toBe('verification_unavailable'),
      );
      proxy.heal();
      await eventually(async () => expect(await outcomeOf(verifier, accessToken)).toBe('accepted'));
    });
  });
});
