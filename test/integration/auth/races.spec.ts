import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RACE_ROUNDS } from '../../support/races/race-rounds.js';
import { newAddress, PASSWORD } from '../../support/app/accounts.js';
import { createAccount, createPerson } from '../../support/app/people.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { insist } from '../../support/app/insist.js';
import { startApp, startBeside, type TestApp, type Variables } from '../../support/app/test-app.js';
import { type RedisServer, startRedis } from '../../support/redis/redis-server.js';

const RUNS = Array.from({ length: RACE_ROUNDS }, (_, run) => run + 1);

/** The distinct refresh tokens in the responses. */
const mintedBy = (answers: readonly { refreshToken?: string }[]): string[] =>
  [...new Set(answers.map(({ refreshToken }) => refreshToken))].filter((token) => token !== undefined);

interface Setting {
  readonly where: string;
  readonly redis: boolean;
}

const SETTINGS: Setting[] = [
  { where: 'PostgreSQL alone', redis: false },
  { where: 'PostgreSQL and Redis', redis: true },
];

// Two instances on one database, to which the requests are distributed; ASVS 15.4.2, CVE-2026-1035.
describe.each(SETTINGS.filter(({ redis }) => !redis || inject('redis').kind !== 'none'))(
  'races over two instances with $where',
  { timeout: 60_000 },
  ({ redis: withRedis }) => {
    let redis: RedisServer | undefined;
    let apps: readonly [TestApp, TestApp];
    beforeAll(async () => {
      redis = withRedis ? await startRedis() : undefined;
      const variables: Variables = { DATABASE_POOL_SIZE: '8', ...(redis && { REDIS_URL: redis.url }) };
      const first = await startApp({ variables });
      apps = [first, await startBeside(first, { variables })];
    });
    afterAll(async () => {
      await apps[1].close();
      await apps[0].close();
      await redis?.stop();
    });

    /** Makes a number of requests at once, distributed over the instances. */
    const atOnce = <T>(count: number, make: (app: TestApp) => Promise<T>): Promise<T[]> =>
      Promise.all(Array.from({ length: count }, (_, index) => make(apps[index % 2 === 0 ? 0 : 1])));

    const refresh = async (app: TestApp, refreshToken: string, userAgent = 'one browser') => {
      const headers = { 'user-agent': userAgent };
      const answer = await insist(() => app.call({ url: '/auth/refresh', body: { refreshToken }, headers }));
      return { status: answer.statusCode, ...answer.json<{ code?: string; refreshToken?: string }>() };
    };
    const isAlive = async (accessToken: string) => {
      const answers = await Promise.all(
        apps.map((app) => app.call({ url: '/users/me', token: accessToken })),
      );
      return answers.map((answer) => answer.statusCode === 200);
    };

    it.each(RUNS)('fifty registrations of one address make one account (run %i)', async () => {
      const email = newAddress();
      const spellings = [email, email.toUpperCase(), email.replace('@', '＠')];
      let turn = 0;
      const answers = await atOnce(50, ({ call }) => {
        const body = { email: spellings[turn++ % 3], password: PASSWORD };
        return insist(() => call({ url: '/auth/register', body }));
      });
      expect(answers.map((answer) => answer.statusCode).toSorted((one, other) => one - other)).toEqual([
        201,
        ...Array.from({ length: 49 }, () => 409),
      ]);
      const accounts = await asSuperuser<{ id: string }>(
        apps[0].database,
        'SELECT id FROM users WHERE email = $1',
        [email],
      );
      expect(accounts).toHaveLength(1);
      const events = await asSuperuser(
        apps[0].database,
        `SELECT 1 FROM audit_events WHERE type = 'user_created' AND user_id = $1`,
        [accounts[0]?.id],
      );
      expect(events).toHaveLength(1);
    });

    it.each(RUNS)(
      'a hundred uses of one refresh token by its client leave one descendant (run %i)',
      async () => {
        const { refreshToken } = await createPerson(apps[0]);
        const answers = await atOnce(100, (app) => refresh(app, refreshToken));
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
        const [descendant, ...others] = mintedBy(answers);
        expect(others).toEqual([]);
        expect((await refresh(apps[1], descendant ?? '')).status).toBe(200);
      },
    );

    it.each(RUNS)(
      'a hundred uses by different clients end the session and leave no valid token (run %i)',
      async () => {
        const { refreshToken, accessToken } = await createPerson(apps[0]);
        let client = 0;
        const answers = await atOnce(100, (app) => refresh(app, refreshToken, `browser ${(client += 1)}`));
        expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
        expect(answers.filter(({ code }) => code === 'refresh_token_reused')).toHaveLength(1);
        for (const minted of mintedBy(answers)) {
          expect((await refresh(apps[0], minted)).code).toBe('session_ended');
        }
        await expect.poll(() => isAlive(accessToken), { timeout: 1000 }).toEqual([false, false]);
      },
    );

    it('concurrent logins all succeed while the hash gets its new cost', async () => {
      const email = await createAccount(apps[0]);
      const dearer = await startBeside(apps[0], { variables: { BCRYPT_ROUNDS: '6' } });
      const logins = await Promise.all(
        Array.from({ length: 4 }, () =>
          dearer.call({ url: '/auth/login', body: { email, password: PASSWORD } }),
        ),
      );
      await dearer.close();
      expect(logins.map((answer) => answer.statusCode)).toEqual([200, 200, 200, 200]);
    });

    it.each(RUNS)('a logout during refreshes leaves no session (run %i)', async () => {
      const { refreshToken } = await createPerson(apps[0]);
      const [answers] = await Promise.all([
        atOnce(10, (app) => refresh(app, refreshToken)),
        apps[1].call({ method: 'POST', url: '/auth/logout', body: { refreshToken } }),
      ]);
      expect(answers.every(({ status, code }) => status === 200 || code === 'session_ended')).toBe(true);
      for (const minted of mintedBy(answers)) {
        expect((await refresh(apps[0], minted)).code).toBe('session_ended');
      }
    });
  },
);
