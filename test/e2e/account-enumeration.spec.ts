import { AsyncLocalStorage } from 'node:async_hooks';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { PasswordHasher } from '../../src/auth/credentials/passwords/password-hasher.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { newAddress, PASSWORD, register } from '../support/app/accounts.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

const CLASSES = ['unknown', 'wrong password', 'disabled'] as const;
type AccountClass = (typeof CLASSES)[number];

const SAMPLES = 40;

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

    it('not by the statements that it costs', async () => {
      const statements = new AsyncLocalStorage<string[]>();
      const { query } = Client.prototype;
      const spy = vi.spyOn(Client.prototype, 'query').mockImplementation(function (
        this: Client,
        ...parameters: unknown[]
      ) {
        statements.getStore()?.push(textOf(parameters[0]));
        return Reflect.apply(query, this, parameters);
      });
      const issued: string[][] = [];
      for (const attempt of await attempts()) {
        const own: string[] = [];
        await statements.run(own, attempt);
        issued.push(own);
      }
      spy.mockRestore();
      expect(issued[0]).not.toEqual([]);
      expect(issued[1]).toEqual(issued[0]);
      expect(issued[2]).toEqual(issued[0]);
    });

    // Hashes and statements are counted above; this one would show what nobody thought to count. One attempt of each
    // class in turn, in an order that rotates, so that whatever else this machine does falls on all of them alike; then
    // the medians, which a few slow ones do not move. The bound leaves room for a busy machine.
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
        0.5 * Math.min(...medians),
      );
    });
  },
);

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;

/** The statement that a call of `query` issues. */
const textOf = (query: unknown) => (typeof query === 'string' ? query : (query as { text: string }).text);
