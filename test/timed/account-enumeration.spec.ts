import { AsyncLocalStorage } from 'node:async_hooks';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { PasswordHasher } from '../../src/auth/credentials/passwords/password-hasher.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { newAddress, PASSWORD, register, signUp } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { expectAlikeInTime } from '../support/time/compared-medians.js';

const CLASSES = ['unknown', 'wrong password', 'disabled', 'without a password'] as const;
type AccountClass = (typeof CLASSES)[number];

/** The tables that a login reads and writes. */
const OF_A_LOGIN =
  /\b(users|password_credentials|known_devices|login_failures|sessions)\b|INSERT INTO "?audit_events\b/;

/** Header fields that differ between any two responses. */
const OWN_VALUES = new Set(['x-request-id', 'date']);

describe(
  'a refused login does not reveal whether the account exists (ASVS 6.3.8):',
  { timeout: 60_000 },
  () => {
    let app: TestApp;
    beforeAll(async () => {
      // A hash of about 15 ms, whose omission for one of the three classes would be noticeable.
      app = await startApp({ variables: { BCRYPT_ROUNDS: '8' } });
      // The first comparison of a process reads the costs of the stored hashes, whatever the account.
      await (
        await attemptOn('unknown')
      )();
    });
    afterAll(() => app.close());

    /** A new account of the given class, so that earlier failures have no influence. */
    async function attemptOn(
      kind: AccountClass,
      deviceToken?: string,
    ): Promise<() => ReturnType<TestApp['call']>> {
      const email = kind === 'unknown' ? newAddress() : await register(app);
      if (kind === 'without a password') await removePassword(email);
      if (kind === 'disabled')
        await app.app
          .get(AccountAdministration, { strict: false })
          .disable(email, internalOrigin('operator'));
      const password = kind === 'disabled' ? PASSWORD : 'nine crows argue over a roof';
      return () => app.call({ url: '/auth/login', body: { email, password, deviceToken } });
    }
    const attempts = (deviceToken?: string) =>
      Promise.all(CLASSES.map((kind) => attemptOn(kind, deviceToken)));
    const removePassword = (email: string) =>
      asSuperuser(
        app.database,
        `WITH changed AS (UPDATE users SET password_hash = NULL WHERE email = $1 RETURNING id)
         DELETE FROM password_credentials WHERE user_id IN (SELECT id FROM changed)`,
        [email],
      );
    /** The SQL statements that an attempt causes, without those of background tasks, some of which read the same tables. */
    const statementsOf = async (attempt: () => Promise<unknown>): Promise<string[]> => {
      const texts: string[] = [];
      const underWay = new AsyncLocalStorage<true>();
      const send = Reflect.get(Client.prototype, 'query') as (...query: unknown[]) => unknown;
      const queries = vi.spyOn(Client.prototype, 'query').mockImplementation(function (
        this: Client,
        ...query: unknown[]
      ) {
        const [first] = query;
        if (underWay.getStore())
          texts.push(typeof first === 'string' ? first : String((first as { text?: unknown }).text));
        return send.apply(this, query);
      });
      onTestFinished(() => queries.mockRestore());
      await underWay.run(true, attempt);
      queries.mockRestore();
      return texts.filter((text) => OF_A_LOGIN.test(text));
    };

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
      for (const other of shown) expect(other).toEqual(shown[0]);
      expect(shown[0]?.statusCode).toBe(nth <= 10 ? 401 : 429);
    });

    it('not by the number of hashes', async () => {
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

    it.each([
      { by: 'no device token', token: async () => undefined },
      { by: 'a forged device token', token: async () => 'A'.repeat(64) },
      { by: 'the device token of another account', token: async () => (await signUp(app)).deviceToken },
    ])('not by its SQL statements, with $by', async ({ token }) => {
      const logs = [];
      for (const attempt of await attempts(await token())) {
        const log = [await statementsOf(attempt)];
        for (let nth = 2; nth <= 9; nth += 1) await attempt();
        // The tenth attempt starts a wait, and the eleventh is refused because of it.
        log.push(await statementsOf(attempt), await statementsOf(attempt));
        logs.push(log);
      }
      expect(logs[0]![0]!.length).toBeGreaterThan(2);
      expect(logs[0]![0]!.join()).toMatch(/INSERT INTO login_failures.*INSERT INTO audit_events/s);
      for (const log of logs) expect(log).toEqual(logs[0]);
    });

    // Hashes and statements are counted above; this test detects other differences.
    it('not by its time', async () => {
      let fresh = await attempts();
      const prepare = async (sample: number) => {
        if (sample % 8 === 0) fresh = await attempts();
      };
      const classes = CLASSES.map((kind, index) => [kind, () => fresh[index]!()]);
      await expectAlikeInTime(Object.fromEntries(classes), { prepare });
    });
  },
);
