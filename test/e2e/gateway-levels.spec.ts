import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { TokenSigner } from '../../src/sessions/keys/token-signer.js';
import type { Tokens } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { createPerson, openSession } from '../support/app/people.js';
import { enrolTotp } from '../support/app/factors.js';
import { claimsOf } from '../support/app/oauth.js';
import { startApp, startBeside, type TestApp, type Variables } from '../support/app/test-app.js';
import { type RulesFile, writeRules } from '../support/gateway/rules-file.js';
import { type RedisServer, startRedis } from '../support/redis/redis-server.js';
import { WrongClock } from '../support/time/wrong-clock.js';

/** The bound within which a change reaches every instance, milliseconds. */
const WITHIN_MS = 1000;

const RULES = {
  reports: { access: 'signed-in', audience: 'reports', roles: ['admin'] },
  site: { access: 'anonymous', audience: 'site' },
};

describe.each(['with Redis', 'without Redis'])('the level of a session at the gateway, %s', (how) => {
  let rules: RulesFile;
  let redis: RedisServer | null = null;
  let here: TestApp;
  let there: TestApp;
  /** Its clock is five seconds ahead of PostgreSQL's. */
  let ahead: TestApp;
  /** Runs as the others did before a role needed a factor. */
  let before: TestApp;
  beforeAll(async () => {
    rules = await writeRules(RULES);
    redis = how === 'with Redis' ? await startRedis() : null;
    const variables: Variables = {
      GATEWAY_PEERS: '127.0.0.1',
      GATEWAY_RULES_FILE: rules.path,
      MFA_REQUIRED_ROLES: 'admin',
      ...(redis && { REDIS_URL: redis.url }),
    };
    here = await startApp({ variables });
    there = await startBeside(here, { variables });
    before = await startBeside(here, { variables: { ...variables, MFA_REQUIRED_ROLES: '' } });
    ahead = await startBeside(here, { variables, clock: new WrongClock(new SystemClock(), 5000) });
  });
  afterAll(async () => {
    await ahead.close();
    await before.close();
    await there.close();
    await here.close();
    await redis?.stop();
    await rules.remove();
  });

  let owner: Tokens;
  let factorId: string;
  let strong: Tokens;
  const refresh = async ({ refreshToken }: Pick<Tokens, 'refreshToken'>, app = here) =>
    (await app.call({ url: '/auth/refresh', body: { refreshToken } })).json<Tokens>();
  beforeEach(async () => {
    owner = await createPerson(here, { roles: ['admin'] });
    factorId = (await enrolTotp(here, owner, Date.now())).id;
    strong = await refresh(owner);
  });

  let client = 0;
  const ask = (app: TestApp, rule: string, token: string) =>
    app.call({
      url: `/gate/${rule}`,
      token,
      headers: { 'x-forwarded-method': 'GET', 'x-forwarded-for': `192.0.2.${(client += 1)}` },
    });
  const outcome = async (app: TestApp, rule: string, token: string) => {
    const answer = await ask(app, rule, token);
    return answer.statusCode === 200
      ? [String(answer.headers['x-portcullis-roles']), String(answer.headers['x-portcullis-acr'])]
      : [answer.statusCode, String(answer.json().code)];
  };
  const issuedAt = async (token: string) =>
    Number(claimsOf(String((await ask(here, 'reports', token)).headers['x-portcullis-assertion']))['iat']);
  const removeFactor = async () => {
    const url = `/users/me/factors/${factorId}`;
    const removed = await here.call({ method: 'DELETE', url, token: strong.accessToken });
    expect(removed.statusCode).toBe(204);
  };

  it('refuses tokens of the former level on every instance within a second, and knows nobody by them', async () => {
    for (const app of [here, there])
      expect(await outcome(app, 'reports', strong.accessToken)).toEqual(['user admin', 'aal2']);
    await removeFactor();
    expect(await outcome(here, 'reports', strong.accessToken)).toEqual([401, 'invalid_token']);
    expect(await outcome(here, 'site', strong.accessToken)).toEqual(['', '']);
    await expect
      .poll(() => outcome(there, 'reports', strong.accessToken), { timeout: WITHIN_MS, interval: 30 })
      .toEqual([401, 'invalid_token']);
    expect(await outcome(there, 'site', strong.accessToken)).toEqual(['', '']);
  });

  it('accepts the next token of the session, with the roles and the level that are left', async () => {
    await removeFactor();
    const { accessToken } = await refresh(strong);
    for (const app of [here, there]) {
      expect(await outcome(app, 'site', accessToken)).toEqual(['user', 'aal1']);
      expect(await outcome(app, 'reports', accessToken)).toEqual([403, 'factor_enrollment_required']);
    }
  });

  it('asks a session that has not proven the factor of its account for it, and says nothing of it to others', async () => {
    const weak = await createPerson(here, { roles: ['admin'] });
    const [other, user] = [await openSession(here, weak.user.email), await createPerson(here)];
    await enrolTotp(here, weak, Date.now());
    const answer = await ask(there, 'reports', other.accessToken);
    expect([answer.statusCode, answer.json().code]).toEqual([401, 'insufficient_user_authentication']);
    expect(answer.headers['www-authenticate']).toContain('acr_values="aal2"');
    expect(answer.json().methods).toEqual(['totp']);
    expect(await outcome(there, 'reports', user.accessToken)).toEqual([403, 'forbidden']);
  });

  it('ignores a role in a token from before the role needed a factor', async () => {
    const { accessToken } = await createPerson(before, { roles: ['admin'] });
    expect(await outcome(before, 'reports', accessToken)).toEqual(['user admin', 'aal1']);
    expect(await outcome(here, 'reports', accessToken)).toEqual([403, 'factor_enrollment_required']);
    const { headers } = await ask(here, 'site', accessToken);
    expect(headers['x-portcullis-roles']).toBe('user');
    expect(claimsOf(String(headers['x-portcullis-assertion']))['roles']).toEqual(['user']);
  });

  it('has a session that has proven a factor get a token that says so', async () => {
    expect(await outcome(there, 'reports', owner.accessToken)).toEqual([401, 'invalid_token']);
    expect(await outcome(there, 'reports', strong.accessToken)).toEqual(['user admin', 'aal2']);
  });

  it('refuses what an instance has issued within the second in which it need not know of the removal', async () => {
    const iat = Math.floor((Date.now() + 999) / 1000);
    await removeFactor();
    const claims = { ...claimsOf(strong.accessToken), iat };
    const late = await there.app.get(TokenSigner, { strict: false }).sign('at+jwt', claims);
    expect(await outcome(here, 'reports', late)).toEqual([401, 'invalid_token']);
  });

  it.each([
    ['a rotation', 10_001],
    ['a second use of a refresh token', 0],
  ])('refuses what %s gave before the removal on an instance whose clock is ahead', async (_way, afterMs) => {
    await asSuperuser(
      here.database,
      `UPDATE sessions SET rotated_at = rotated_at - $2 * interval '1 ms' WHERE id = $1`,
      [strong.session.id, afterMs],
    );
    const { accessToken } = await refresh(strong, ahead);
    expect(claimsOf(accessToken)['acr']).toBe('aal2');
    await removeFactor();
    expect(await outcome(here, 'reports', accessToken)).toEqual([401, 'invalid_token']);
  });

  it('begins with a login that is dated by the clock of PostgreSQL, not by that of the instance', async () => {
    const { accessToken } = await createPerson(ahead);
    expect(claimsOf(accessToken)['iat']).toBeLessThanOrEqual(Date.now() / 1000);
  });

  it('refuses tokens of a session that has lost its level again in the same second', async () => {
    await removeFactor();
    const weak = await refresh(strong);
    factorId = (await enrolTotp(here, weak, Date.now())).id;
    strong = await refresh(weak);
    expect(await outcome(here, 'reports', strong.accessToken)).toEqual(['user admin', 'aal2']);
    await removeFactor();
    expect(await outcome(here, 'reports', strong.accessToken)).toEqual([401, 'invalid_token']);
  });

  it('signs a new assertion for a session that is back at its level, because the former one is void', async () => {
    expect(await issuedAt(strong.accessToken)).toBeGreaterThan(0);
    await removeFactor();
    const weak = await refresh(strong);
    const reduced = Number(claimsOf(weak.accessToken)['iat']) - 1;
    await enrolTotp(here, weak, Date.now());
    const again = await refresh(weak);
    expect(await issuedAt(again.accessToken)).toBeGreaterThan(reduced);
  });
});
