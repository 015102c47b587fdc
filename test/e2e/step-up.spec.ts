import { Controller, Get, Post } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { Public, RequireRole, SignedIn } from '../../src/platform/access/access.decorator.js';
import { Recent } from '../../src/platform/access/recent.decorator.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { StepUpMethods } from '../../src/sessions/recent/step-up-methods.js';
import { logIn, PASSWORD, signUp, type Tokens } from '../support/app/accounts.js';
import { createPerson, openSession } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { cookiesOf } from '../support/app/set-cookie.js';
import { startApp, startBeside, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { eventually } from '../support/time/eventually.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis/redis-server.js';
import { claimsOf } from '../support/tokens/claims.js';

@Controller('planted')
@SignedIn()
class PlantedController {
  @Post('recent')
  @Recent()
  change(): object {
    return {};
  }

  @Post('recent-admin')
  @RequireRole('admin')
  @Recent()
  administer(): object {
    return {};
  }

  @Post('ordinary')
  read(): object {
    return {};
  }
}

@Controller('planted-fault')
class ContradictoryController {
  @Get()
  @Public()
  @Recent()
  contradiction(): object {
    return {};
  }
}

const MINUTE_MS = 60_000;
const BROWSER = { 'user-agent': 'Browser/1' };

describeWithRedis('a recent proof', () => {
  const clock = new ManualClock(Date.now());
  let redis: RedisServer;
  let here: TestApp;
  let there: TestApp;
  /** Accounts for which this test has registered a factor. */
  const withFactor = new Set<string>();
  beforeAll(async () => {
    redis = await startRedis();
    const options = { clock, controllers: [PlantedController], variables: { REDIS_URL: redis.url } };
    here = await startApp(options);
    there = await startBeside(here, options);
    for (const { app } of [here, there])
      app
        .get(StepUpMethods, { strict: false })
        .register('aal2', async (userId) => (withFactor.has(userId) ? ['totp'] : []));
  });
  afterAll(async () => {
    await there.close();
    await here.close();
    await redis.stop();
  });

  let signed: Tokens;
  beforeEach(async () => {
    signed = await createPerson(here);
  });

  const post = (app: TestApp, url: string, request: Omit<TestRequest, 'url'> = {}) =>
    app.call({ method: 'POST', url, token: signed.accessToken, ...request });
  const recent = (app: TestApp, token = signed.accessToken) => post(app, '/planted/recent', { token });
  const stepUp = (app: TestApp, password = PASSWORD, token = signed.accessToken) =>
    post(app, '/auth/step-up', { token, body: { password }, headers: BROWSER });
  const sql = <Row extends object>(text: string, ...values: unknown[]) =>
    asSuperuser<Row & Record<string, unknown>>(here.database, text, values);
  const sessionRows = () =>
    sql<Record<string, unknown>>('SELECT * FROM sessions WHERE user_id = $1', signed.user.id);
  const events = async (requestId: unknown) =>
    sql<{ type: string; reason: string | null; session_id: string | null; details: object }>(
      'SELECT type, reason, session_id, details FROM audit_events WHERE request_id = $1 ORDER BY position, id',
      requestId,
    );
  const codeOf = (answer: Awaited<ReturnType<typeof recent>>) =>
    answer.statusCode < 400 ? answer.statusCode : String(answer.json().code);

  it('is any login within the last STEP_UP_MAX_AGE_SECONDS, on every instance', async () => {
    clock.advance(10 * MINUTE_MS);
    for (const app of [here, there]) expect(codeOf(await recent(app))).toBe(201);
    clock.advance(1);
    for (const app of [here, there]) {
      const refused = await recent(app);
      expect(refused.statusCode).toBe(401);
      expect(refused.json()).toMatchObject({
        code: 'insufficient_user_authentication',
        methods: ['password'],
      });
      expect(refused.headers['www-authenticate']).toBe(
        'Bearer error="insufficient_user_authentication", acr_values="aal1", max_age="600"',
      );
      const [event] = await whenStored(() => events(refused.headers['x-request-id']));
      expect(event).toMatchObject({
        type: 'authz_fail',
        reason: 'insufficient_user_authentication',
        session_id: signed.session.id,
      });
      expect((await post(app, '/planted/ordinary')).statusCode).toBe(201);
    }
  });

  it('does not replace a role, and a role does not replace it', async () => {
    expect(codeOf(await post(here, '/planted/recent-admin'))).toBe('forbidden');
    const { email } = signed.user;
    await here.app
      .get(AccountAdministration, { strict: false })
      .setRoles(email, ['user', 'admin'], internalOrigin('operator'));
    signed = await openSession(here, email);
    expect(codeOf(await post(here, '/planted/recent-admin'))).toBe(201);
    clock.advance(11 * MINUTE_MS);
    expect(codeOf(await post(here, '/planted/recent-admin'))).toBe('insufficient_user_authentication');
  });

  it('cannot be required on a public route: such a route prevents the start', async () => {
    await expect(startApp({ controllers: [ContradictoryController] })).rejects.toThrow(
      'GET /planted-fault: declares @Recent() beside @Public().',
    );
  });

  it('by password gives access on all instances, even to older tokens', async () => {
    clock.advance(11 * MINUTE_MS);
    expect(codeOf(await recent(there))).toBe('insufficient_user_authentication');
    const answer = await stepUp(here);
    expect(answer.statusCode, answer.body).toBe(200);
    const tokens = answer.json<Tokens>();
    const claims = claimsOf(tokens.accessToken);
    expect(claims).toMatchObject({ sid: signed.session.id, acr: 'aal1', amr: ['pwd'] });
    expect(claims.auth_time).toBe(Math.floor(clock.nowMs() / 1000));
    for (const app of [here, there]) {
      expect(codeOf(await recent(app))).toBe(201);
      expect(codeOf(await recent(app, tokens.accessToken))).toBe(201);
    }
    expect(await events(answer.headers['x-request-id'])).toMatchObject([
      { type: 'session_renewed', session_id: signed.session.id },
      {
        type: 'authn_step_up',
        session_id: signed.session.id,
        details: { methods: ['pwd'], amr: ['pwd'] },
      },
    ]);
  });

  it('peer fault 37: creates no orphan session: the same session continues, with one descendant', async () => {
    const tokens = (await stepUp(here)).json<Tokens>();
    expect(tokens.session).toEqual(signed.session);
    expect(tokens.deviceToken).toBe(signed.deviceToken);
    expect(await sessionRows()).toMatchObject([{ id: signed.session.id, generation: 1, revoked_at: null }]);
  });

  it('follows the ten-second window of a refresh: one rotation, then the same refresh token again', async () => {
    const first = (await stepUp(here)).json<Tokens>();
    expect(first.refreshToken).not.toBe(signed.refreshToken);
    const again = (await stepUp(there)).json<Tokens>();
    expect(again.refreshToken).toBe(first.refreshToken);
    const refresh = (refreshToken: string, userAgent = BROWSER) =>
      there.call({ url: '/auth/refresh', body: { refreshToken }, headers: userAgent });
    expect((await refresh(signed.refreshToken)).json<Tokens>().refreshToken).toBe(first.refreshToken);
    const other = await there.call({
      url: '/auth/step-up',
      token: signed.accessToken,
      body: { password: PASSWORD },
      headers: { 'user-agent': 'Browser/2' },
    });
    expect(codeOf(other)).toBe('rate_limited');
    clock.advance(11_000);
    const later = (await refresh(first.refreshToken)).json<Tokens>();
    expect(later.refreshToken).not.toBe(first.refreshToken);
    expect(await sessionRows()).toMatchObject([{ generation: 2, revoked_at: null }]);
  });

  it('returns the tokens in the transport of the access token', async () => {
    const cookies = { access_token: signed.accessToken };
    const answer = await here.call({
      url: '/auth/step-up',
      body: { password: PASSWORD },
      cookies,
      headers: { origin: here.environment.PUBLIC_URL },
    });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(Object.keys(answer.json()).toSorted()).toEqual([
      'accessTokenExpiresAt',
      'expiresIn',
      'session',
      'user',
    ]);
    expect(Object.keys(cookiesOf(answer)).toSorted()).toEqual(['access_token', 'device', 'refresh_token']);
    expect(cookiesOf(await stepUp(here))).toEqual({});
  });

  it('by a wrong password is refused and counted like a login from the device of the session', async () => {
    const wrong = await stepUp(here, 'not the password at all');
    expect([wrong.statusCode, wrong.json().code]).toEqual([401, 'invalid_credentials']);
    expect(await events(wrong.headers['x-request-id'])).toMatchObject([
      { type: 'authn_login_fail', reason: 'wrong_password', session_id: signed.session.id },
    ]);
    for (let n = 1; n < 10; n += 1) await stepUp(n % 2 ? here : there, 'not the password at all');
    const locked = await stepUp(here);
    expect([locked.statusCode, locked.json()['violated-policies']]).toEqual([429, ['account-guessing']]);
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(0);
    const login = (deviceToken?: string) =>
      here.call({
        url: '/auth/login',
        body: { email: signed.user.email, password: PASSWORD, tokenTransport: 'body', deviceToken },
      });
    expect((await login(signed.deviceToken)).statusCode).toBe(429);
    expect((await login()).statusCode).toBe(200);
    expect((await post(here, '/planted/ordinary')).statusCode).toBe(201);
  });

  it('accepts only the text of a password', async () => {
    for (const body of [
      {},
      { password: '' },
      { password: 7 },
      { password: null },
      { password: PASSWORD, method: 'totp' },
    ]) {
      const answer = await post(here, '/auth/step-up', { body });
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'validation_failed']);
    }
  });

  it('takes null for an absent password', async () => {
    const body = { password: null, method: 'totp', code: '123456' };
    const answer = await post(here, '/auth/step-up', { body });
    expect([answer.statusCode, answer.json().code]).toEqual([401, 'insufficient_user_authentication']);
  });

  it('by the right password resets the count', async () => {
    await stepUp(here, 'not the password at all');
    const right = await stepUp(here);
    expect(right.statusCode).toBe(200);
    expect((await events(right.headers['x-request-id'])).map(({ type }) => type)).toEqual([
      'session_renewed',
      'authn_step_up',
      'authn_login_successafterfail',
    ]);
  });

  it('peer fault 34: depends on the current level of the session, not on that of its token', async () => {
    withFactor.add(signed.user.id);
    const refused = await recent(here);
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="600"',
    );
    expect(refused.json().methods).toEqual(['totp']);
    const byPassword = await stepUp(here);
    expect([codeOf(byPassword), byPassword.json().methods]).toEqual([
      'insufficient_user_authentication',
      ['totp'],
    ]);

    const setLevel = (acr: string) =>
      sql('UPDATE sessions SET acr = $2 WHERE id = $1', signed.session.id, acr);
    await setLevel('aal2');
    const raised = await here.call({ url: '/auth/refresh', body: { refreshToken: signed.refreshToken } });
    const { accessToken } = raised.json<Tokens>();
    expect(claimsOf(accessToken).acr).toBe('aal2');
    for (const app of [here, there]) expect(codeOf(await recent(app, accessToken))).toBe(201);
    await setLevel('aal1');
    for (const app of [here, there])
      expect(codeOf(await recent(app, accessToken))).toBe('insufficient_user_authentication');
  });

  it('peer fault 40: is not read from a copy: an ended session changes nothing, regardless of Redis', async () => {
    for (const app of [here, there]) expect(codeOf(await recent(app))).toBe(201);
    // Bypasses the service, like a revocation that has not reached the copies and the feed yet.
    await sql('UPDATE sessions SET revoked_at = clock_timestamp() WHERE id = $1', signed.session.id);
    for (const app of [there, here]) expect(codeOf(await recent(app))).toBe('session_ended');
  });

  it('peer fault 41: revives no session, even if it ends at the same time', async () => {
    for (let round = 0; round < 10; round += 1) {
      signed = await createPerson(here);
      const [answer] = await Promise.all([
        stepUp(here),
        post(there, '/auth/logout', { body: {} }),
        stepUp(there),
      ]);
      expect([200, 'session_ended']).toContain(codeOf(answer));
      const [row, ...others] = await sessionRows();
      expect(others).toEqual([]);
      expect(row).toMatchObject({ revoked_at: expect.any(Date), revoke_reason: 'logout' });
      const { refreshToken } = answer.statusCode === 200 ? answer.json<Tokens>() : signed;
      const refreshed = await here.call({ url: '/auth/refresh', body: { refreshToken } });
      expect(codeOf(refreshed)).toBe('session_ended');
      expect(codeOf(await stepUp(here))).toBe('session_ended');
    }
  });
});

/** Returns the rows as soon as there are any. */
const whenStored = <Row>(read: () => Promise<Row[]>) =>
  eventually(async () => {
    const rows = await read();
    expect(rows).not.toEqual([]);
    return rows;
  });

describe('a password that must be proven again', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ variables: { RATE_LIMIT_LOGIN_ADDRESS: '3/60' } });
  });
  afterAll(() => app.close());

  it('uses the same budget as logins from its address', async () => {
    const { accessToken, user } = await signUp(app);
    const guess = () =>
      app.call({ url: '/auth/step-up', token: accessToken, body: { password: 'not the password at all' } });
    expect([(await guess()).statusCode, (await guess()).statusCode]).toEqual([401, 401]);
    const refused = await guess();
    expect([refused.statusCode, refused.json()['violated-policies']]).toEqual([429, ['login-address']]);
    await expect(logIn(app, user.email)).rejects.toThrow('429');
  });
});
