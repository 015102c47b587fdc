import { hash } from 'bcrypt';
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, newAddress, PASSWORD, register, signUp, type Tokens } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { eventually } from '../support/time/eventually.js';

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
      expect(answer.json()).toMatchObject({
        code: 'overloaded',
        type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
      });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    const guesses = await asSuperuser(app.database, 'SELECT failures FROM login_failures WHERE failures > 0');
    expect(guesses).toHaveLength(compared.length);

    const again = await app.call({ url: '/auth/login', body: { email: newAddress(), password: PASSWORD } });
    expect(again.statusCode).toBe(401);
  });
});

describe('a queue that strangers keep full', { timeout: 120_000 }, () => {
  /** The time of ten hashes, whatever else the machine does. */
  let maxWaitMs: number;
  let app: TestApp;
  let owner: Tokens;
  beforeAll(async () => {
    const startedMs = performance.now();
    for (let made = 0; made < 3; made += 1) await hash(PASSWORD, 11);
    maxWaitMs = Math.ceil(((performance.now() - startedMs) / 3) * 10);
    app = await startApp({
      variables: {
        BCRYPT_ROUNDS: '11',
        HASH_MAX_WAIT_MS: String(maxWaitMs),
        WEB_CONCURRENCY: String(Math.min(64, availableParallelism())),
      },
    });
    owner = await signUp(app);
  });
  afterAll(() => app.close());

  const login = (email: string, deviceToken?: string) =>
    app.call({
      url: '/auth/login',
      body: { email, password: PASSWORD, tokenTransport: 'body', deviceToken },
    });

  /** Starts forty strangers, who repeat their logins at once whatever the response, until `stop`. */
  function flood() {
    const state = { isOver: false, refusals: 0 };
    const strangers = Array.from({ length: 40 }, async () => {
      while (!state.isOver) if ((await login(newAddress())).statusCode === 503) state.refusals += 1;
    });
    const stop = async () => {
      state.isOver = true;
      await Promise.all(strangers);
    };
    return { state, stop };
  }

  it('lets owners in on known devices, at a login and a step-up, and nobody else', async () => {
    const other = await logIn(app, await register(app));
    const { state, stop } = flood();
    try {
      await eventually(() => expect(state.refusals).toBeGreaterThan(5));
      for (let round = 0; round < 2; round += 1) {
        const startedMs = performance.now();
        const answer = await login(owner.user.email, owner.deviceToken);
        expect(answer.statusCode, answer.body).toBe(200);
        expect(performance.now() - startedMs).toBeLessThan(maxWaitMs);
      }
      const stepUp = await app.call({
        url: '/auth/step-up',
        body: { password: PASSWORD },
        token: owner.accessToken,
      });
      expect(stepUp.statusCode, stepUp.body).toBe(200);
      // The device of another account counts as a stranger, although its token is genuine.
      const strangers = await Promise.all(
        Array.from({ length: 10 }, () => login(owner.user.email, other.deviceToken)),
      );
      expect(strangers.map(({ statusCode }) => statusCode)).toContain(503);
    } finally {
      await stop();
    }
  });
});
