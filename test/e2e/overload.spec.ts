import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newAddress, PASSWORD } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

describe('more logins than the cores can hash', () => {
  let app: TestApp;
  beforeAll(async () => {
    // Hashes that take a tenth of a second and run one at a time on any number of cores, as in one worker per core, and a
    // queue that accepts almost none of them.
    app = await startApp({
      variables: {
        BCRYPT_ROUNDS: '11',
        HASH_MAX_WAIT_MS: '100',
        WEB_CONCURRENCY: String(Math.min(64, availableParallelism())),
      },
    });
  });
  afterAll(() => app.close());

  it('are refused with the seconds to wait, and do not count as guesses', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () =>
        app.call({ url: '/auth/login', body: { email: newAddress(), password: PASSWORD } }),
      ),
    );
    // These accounts do not exist: each login that was hashed is refused with 401 and counted as a guess.
    const [compared, refused] = [401, 503].map((status) =>
      answers.filter(({ statusCode }) => statusCode === status),
    ) as [typeof answers, typeof answers];
    expect(compared.length + refused.length).toBe(40);
    expect(refused.length).toBeGreaterThan(20);
    for (const answer of refused) {
      expect(answer.json()).toMatchObject({ code: 'overloaded' });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    const guesses = await asSuperuser(app.database, 'SELECT failures FROM login_failures WHERE failures > 0');
    expect(guesses).toHaveLength(compared.length);

    const again = await app.call({ url: '/auth/login', body: { email: newAddress(), password: PASSWORD } });
    expect(again.statusCode).toBe(401);
  });
});
