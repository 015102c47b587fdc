import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { PasswordHasher } from '../../src/auth/credentials/passwords/password-hasher.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { newAddress, PASSWORD, register } from '../support/app/accounts.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

const CLASSES = ['unknown', 'wrong password', 'disabled'] as const;
type AccountClass = (typeof CLASSES)[number];

const SAMPLES = 200;

/** What is different in any two answers. */
const OWN_VALUES = new Set(['x-request-id', 'date']);

describe(
  'a refused login tells nobody whether there is an account (ASVS 6.3.8):',
  { timeout: 60_000 },
  () => {
    let app: TestApp;
    beforeAll(async () => {
      // A hash of some 15 ms: dear enough to stand out, were it left out for one of the three.
      app = await startApp({ variables: { BCRYPT_ROUNDS: '8' } });
    });
    afterAll(() => app.close());

    /** An account of each class, fresh ones, so that no count of failures comes in between. */
    async function attemptOn(kind: AccountClass): Promise<() => ReturnType<TestApp['call']>> {
      const email = kind === 'unknown' ? newAddress() : await register(app);
      if (kind === 'disabled')
        await app.app
          .get(AccountAdministration, { strict: false })
          .disable(email, internalOrigin('operator'));
      const password = kind === 'disabled' ? PASSWORD : 'nine crows argue over a roof';
      return () => app.call({ url: '/auth/login', body: { email, password } });
    }
    const attempts = () => Promise.all(CLASSES.map(attemptOn));

    it.each([1, 9, 10, 11])('not by its status, body or header fields, at attempt %i', async (nth) => {
      const shown = await Promise.all(
        (await attempts()).map(async (attempt) => {
          for (let before = 1; before < nth; before += 1) await attempt();
          const { statusCode, headers, json } = await attempt();
          return {
            statusCode,
            headers: Object.entries(headers).map(([name, value]) =>
              OWN_VALUES.has(name) ? [name] : [name, value],
            ),
            body: { ...json(), requestId: 'its own' },
          };
        }),
      );
      expect(shown[1]).toEqual(shown[0]);
      expect(shown[2]).toEqual(shown[0]);
      expect(shown[0]?.statusCode).toBe(nth <= 10 ? 401 : 429);
    });

    it('not by the hashes that it costs', async () => {
      let hashes = 0;
      const counting = app.app
        .get(PasswordHasher, { strict: false })
        .completed.subscribe(() => (hashes += 1));
      for (const attempt of await attempts()) {
        hashes = 0;
        await attempt();
        expect(hashes).toBe(1);
      }
      counting.unsubscribe();
    });

    // One attempt of each class in turn, in an order that rotates, so that whatever else this machine does falls on all
    // of them alike; then the medians, which a few slow ones do not move. A left-out hash would be 15 ms, a statement 1.
    it('not by its time', async () => {
      const timesMs = new Map<AccountClass, number[]>(CLASSES.map((kind) => [kind, []]));
      let fresh = await attempts();
      for (let sample = 0; sample < SAMPLES; sample += 1) {
        if (sample % 8 === 0) fresh = await attempts();
        for (let turn = 0; turn < CLASSES.length; turn += 1) {
          const index = (sample + turn) % CLASSES.length;
          const startedMs = performance.now();
          await fresh[index]!();
          timesMs.get(CLASSES[index]!)!.push(performance.now() - startedMs);
        }
      }
      const medians = [...timesMs.values()].map(median);
      const spread = Math.max(...medians) - Math.min(...medians);
      expect(spread, `medians of ${medians.map((ms) => ms.toFixed(2)).join(', ')} ms`).toBeLessThan(
        0.1 * Math.min(...medians),
      );
    });
  },
);

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
