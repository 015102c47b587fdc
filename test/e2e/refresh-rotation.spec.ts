import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { SystemClock } from '../../src/platform/clock/clock.js';
import type { Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { WrongClock } from '../support/time/wrong-clock.js';

const BROWSER = { 'user-agent': 'Browser/1' };
const UPDATED = { 'user-agent': 'Browser/2' };
const WIFI = { ...BROWSER, 'x-forwarded-for': '192.0.2.7' };
const MOBILE = { ...BROWSER, 'x-forwarded-for': '198.51.100.9' };

/** Behind a proxy, so that a request can come from another network. */
const VARIABLES = { TRUSTED_PROXIES: '127.0.0.1/32' };

interface Renewal {
  readonly type: string;
  readonly reason: string | null;
  readonly details: { readonly replayed?: boolean; readonly networkChanged?: boolean };
}

describe.each([
  { clocks: 'clocks agree', offMs: [0, 0] },
  { clocks: 'clocks differ by 15 s', offMs: [0, 15_000] },
  { clocks: 'clocks differ by 15 s the other way', offMs: [0, -15_000] },
])('a session over two instances whose $clocks', ({ offMs: [hereMs, thereMs] }) => {
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    here = await startApp({ variables: VARIABLES, clock: new WrongClock(new SystemClock(), hereMs!) });
    there = await startBeside(here, {
      variables: VARIABLES,
      clock: new WrongClock(new SystemClock(), thereMs!),
    });
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  const refresh = async (app: TestApp, refreshToken: string, headers: Record<string, string> = BROWSER) => {
    const answer = await app.call({ url: '/auth/refresh', body: { refreshToken }, headers });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      ...answer.json<Partial<Tokens> & Problem>(),
    };
  };
  interface Problem {
    readonly code?: string;
    readonly 'violated-policies'?: string[];
  }
  const rotated = async (app: TestApp, refreshToken: string, headers: Record<string, string> = BROWSER) => {
    const { status, refreshToken: next } = await refresh(app, refreshToken, headers);
    expect(status).toBe(200);
    expect(next).not.toBe(refreshToken);
    return next!;
  };
  const isAlive = async ({ accessToken }: Pick<Tokens, 'accessToken'>) =>
    (await here.call({ url: '/users/me', token: accessToken })).statusCode === 200;
  const eventsOf = ({ session }: Tokens) =>
    asSuperuser<Renewal>(
      here.database,
      `SELECT type, reason, details FROM audit_events
       WHERE session_id = $1 AND type NOT IN ('session_created', 'authn_login_success') ORDER BY position`,
      [session.id],
    );
  /** The clock of PostgreSQL cannot be changed, so the time of the rotation is moved back instead. */
  const passTenSeconds = ({ session }: Tokens) =>
    asSuperuser(
      here.database,
      `UPDATE sessions SET rotated_at = rotated_at - interval '10001 ms' WHERE id = $1`,
      [session.id],
    );

  it('can rotate immediately after the login, and returns the same token to every tab for ten seconds', async () => {
    const tokens = await createPerson(here);
    const next = await rotated(here, tokens.refreshToken);
    const answers = [
      await refresh(there, next),
      await refresh(here, next),
      await refresh(there, tokens.refreshToken),
      await refresh(here, tokens.refreshToken),
    ];
    expect(answers.map(({ status, refreshToken }) => [status, refreshToken])).toEqual(
      answers.map(() => [200, next]),
    );
    const accessTokens = new Set([tokens.accessToken, ...answers.map(({ accessToken }) => accessToken)]);
    expect(accessTokens.size).toBe(5);
    for (const { accessToken } of answers) expect(await isAlive({ accessToken: accessToken! })).toBe(true);
    const events = await eventsOf(tokens);
    expect(events.map(({ type, details }) => [type, details.replayed, details.networkChanged])).toEqual([
      ['session_renewed', false, false],
      ...answers.map(() => ['session_renewed', true, false]),
    ]);
  });

  it('returns a lost response again to another network, and records this', async () => {
    const tokens = await createPerson(here);
    const next = await rotated(here, tokens.refreshToken, WIFI);
    expect(await refresh(there, tokens.refreshToken, MOBILE)).toMatchObject({
      status: 200,
      refreshToken: next,
    });
    expect(await refresh(there, next, MOBILE)).toMatchObject({ status: 200, refreshToken: next });
    const events = await eventsOf(tokens);
    expect(events.map(({ details }) => [details.replayed, details.networkChanged])).toEqual([
      [false, false],
      [true, true],
      [true, true],
    ]);
  });

  it('makes a browser that has just been updated wait, and continues', async () => {
    const tokens = await createPerson(here);
    const next = await rotated(here, tokens.refreshToken);
    const refused = await refresh(there, next, UPDATED);
    expect(refused).toMatchObject({ status: 429, code: 'rate_limited', 'violated-policies': ['refresh'] });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(10);
    expect(refused.headers['set-cookie']).toBeUndefined();
    expect(await isAlive(tokens)).toBe(true);
    await passTenSeconds(tokens);
    await rotated(there, next, UPDATED);
    const events = await eventsOf(tokens);
    expect(events.map(({ type, reason }) => [type, reason])).toEqual([
      ['session_renewed', null],
      ['session_renew_fail', 'rate_limited'],
      ['session_renewed', null],
    ]);
  });

  it('ends if another user agent presents the previous token', async () => {
    const tokens = await createPerson(here);
    const next = await rotated(here, tokens.refreshToken);
    expect(await refresh(there, tokens.refreshToken, UPDATED)).toMatchObject({
      status: 401,
      code: 'refresh_token_reused',
    });
    expect(await refresh(here, next)).toMatchObject({ status: 401, code: 'session_ended' });
    expect(await isAlive(tokens)).toBe(false);
  });

  it('ends if a token before the previous one is presented, even within ten seconds', async () => {
    const tokens = await createPerson(here);
    const second = await rotated(here, tokens.refreshToken);
    await passTenSeconds(tokens);
    await rotated(there, second);
    expect((await refresh(here, tokens.refreshToken)).code).toBe('refresh_token_reused');
  });

  it('rotates again after ten seconds, and ends if the old token is presented then', async () => {
    const tokens = await createPerson(here);
    const second = await rotated(here, tokens.refreshToken);
    await passTenSeconds(tokens);
    const third = await rotated(there, second);
    expect(await refresh(here, second)).toMatchObject({ status: 200, refreshToken: third });
    await passTenSeconds(tokens);
    expect((await refresh(here, second)).code).toBe('refresh_token_reused');
    expect((await refresh(there, third)).code).toBe('session_ended');
  });

  it('survives refreshes that alternate between the instances', async () => {
    const tokens = await createPerson(here);
    let current = tokens.refreshToken;
    for (let round = 0; round < 6; round += 1) {
      const [one, other] = round % 2 === 0 ? [here, there] : [there, here];
      const next = await rotated(one, current);
      expect((await refresh(other, current)).refreshToken).toBe(next);
      expect((await refresh(other, next)).refreshToken).toBe(next);
      await passTenSeconds(tokens);
      current = next;
    }
    const reuse = (await eventsOf(tokens)).filter(({ type }) => type !== 'session_renewed');
    expect(reuse).toEqual([]);
  });

  it('that an instance of the previous version has rotated is checked by its client fingerprint', async () => {
    const tokens = await createPerson(here);
    const next = await rotated(here, tokens.refreshToken);
    await asSuperuser(here.database, 'UPDATE sessions SET rotated_by = NULL WHERE id = $1', [
      tokens.session.id,
    ]);
    expect((await refresh(there, tokens.refreshToken)).refreshToken).toBe(next);
    expect((await refresh(there, tokens.refreshToken, UPDATED)).code).toBe('refresh_token_reused');
  });

  it('keeps its cookies through a refresh that has to wait', async () => {
    const tokens = await createPerson(here);
    const next = await rotated(here, tokens.refreshToken);
    const name = here.environment.COOKIE_SECURE ? '__Host-refresh_token' : 'refresh_token';
    const answer = await there.call({
      url: '/auth/refresh',
      body: {},
      cookies: { [name]: next },
      headers: { ...UPDATED, origin: here.environment.PUBLIC_URL },
    });
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([429, undefined]);
    onTestFinished(async () => expect(await isAlive(tokens)).toBe(true));
  });
});

describe('a session whose refreshes are limited', () => {
  it('counts no refresh that has to wait, so that the next one after the wait is admitted', async () => {
    const app = await startApp({ variables: { RATE_LIMIT_REFRESH: '2/60' } });
    onTestFinished(() => app.close());
    const tokens = await createPerson(app);
    const refresh = (refreshToken: string, headers: Record<string, string>) =>
      app.call({ url: '/auth/refresh', body: { refreshToken }, headers });
    const { refreshToken: next } = (await refresh(tokens.refreshToken, BROWSER)).json<Tokens>();
    for (const _ of ['first', 'second', 'third']) {
      const waiting = await refresh(next, UPDATED);
      expect(waiting.statusCode).toBe(429);
      expect(Number(waiting.headers['retry-after'])).toBeLessThanOrEqual(10);
      expect(waiting.headers['ratelimit']).toBe(`"refresh";r=0;t=${waiting.headers['retry-after']}`);
    }
    await asSuperuser(
      app.database,
      `UPDATE sessions SET rotated_at = rotated_at - interval '10001 ms' WHERE id = $1`,
      [tokens.session.id],
    );
    expect((await refresh(next, UPDATED)).statusCode).toBe(200);
  });
});
