import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AccountAdministration } from '../../../src/admin/account-administration.js';
import { NewPassword } from '../../../src/auth/credentials/passwords/new-password.js';
import { PasswordHasher } from '../../../src/auth/credentials/passwords/password-hasher.js';
import { storedHash } from '../../../src/auth/credentials/passwords/stored-hash.js';
import { keyIdOf } from '../../../src/platform/crypto/key-id.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { logIn, newAddress, PASSWORD, register } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { enrolTotp } from '../../support/app/factors.js';
import { createPerson } from '../../support/app/people.js';
import { startApp, startBeside, type TestApp } from '../../support/app/test-app.js';
import { setPassword, setPasswordIn } from '../../support/app/set-password.js';
import { whileOpen } from '../../support/races/while-open.js';

const ORIGIN = internalOrigin('operator');
const OTHER_PASSWORD = 'eleven herons wade past the mill';

interface Stored {
  readonly legacy: string | null;
  readonly hash: string | null;
  readonly pepper_id: string | null;
  readonly changed_at: Date | null;
}

describe('passwords', () => {
  let app: TestApp;
  let hasher: PasswordHasher;
  let pepperId: string;
  beforeAll(async () => {
    app = await startApp();
    hasher = app.app.get(PasswordHasher, { strict: false });
    pepperId = keyIdOf(app.environment.PASSWORD_PEPPER);
  });
  afterAll(() => app.close());

  let email: string;
  beforeEach(() => {
    email = newAddress();
  });

  const query = <T extends object>(statement: string, parameters: unknown[] = []) =>
    asSuperuser<T & Record<string, unknown>>(app.database, statement, parameters);
  const stored = async (): Promise<Stored> => {
    const [row] = await query<Stored>(
      `SELECT password_hash AS legacy, hash, pepper_id, changed_at
       FROM users LEFT JOIN password_credentials ON user_id = id WHERE email = $1`,
      [email],
    );
    return row!;
  };
  /** A hash as earlier versions store it, without the id of its pepper. */
  const bare = async (password: string) => storedHash(await hasher.hash(password)).hash;
  const login = async (password = PASSWORD) => {
    const answer = await app.call({ url: '/auth/login', body: { email, password } });
    return answer.statusCode === 200 ? 'in' : String(answer.json().code);
  };
  const setByOperator = async (password: string) =>
    setPassword(app, email, await app.app.get(NewPassword, { strict: false }).hash(password));

  describe('next to an instance of the previous version', () => {
    /** The statements of that version, which knows only one table. */
    const old = {
      register: (hash: string) =>
        query(
          `INSERT INTO users (id, email, password_hash, display_name, roles, created_at, updated_at)
           VALUES (gen_random_uuid(), $1, $2, NULL, '{user}', now(), now())`,
          [email, hash],
        ),
      setPassword: (hash: string) =>
        query('UPDATE users SET password_hash = $2, updated_at = now() WHERE email = $1', [email, hash]),
      rehash: (hash: string, before: string) =>
        query('UPDATE users SET password_hash = $2 WHERE email = $1 AND password_hash = $3', [
          email,
          hash,
          before,
        ]),
    };

    it('an account that the previous version registers can sign in here', async () => {
      const hash = await bare(PASSWORD);
      await old.register(hash);
      expect(await stored()).toMatchObject({ legacy: hash, hash, pepper_id: null });
      expect(await login()).toBe('in');
    });

    it('a password that the previous version sets is valid here', async () => {
      await register(app, email);
      const hash = await bare(OTHER_PASSWORD);
      await old.setPassword(hash);
      expect(await stored()).toMatchObject({ legacy: hash, hash, pepper_id: null });
      expect([await login(), await login(OTHER_PASSWORD)]).toEqual(['invalid_credentials', 'in']);
    });

    it('hashes that are registered, set and renewed here are visible to the previous version', async () => {
      await register(app, email);
      const registered = await stored();
      expect(registered.legacy).toBe(registered.hash);
      await setByOperator(OTHER_PASSWORD);
      const set = await stored();
      expect(set.legacy).toBe(set.hash);
      expect(set.hash).not.toBe(registered.hash);
      const dearer = await startBeside(app, { variables: { BCRYPT_ROUNDS: '5' } });
      onTestFinished(() => dearer.close());
      await logIn(dearer, email, OTHER_PASSWORD);
      const renewed = await stored();
      expect(renewed.legacy).toBe(renewed.hash);
      expect(renewed.hash).toMatch(/^\$2b\$05\$/);
    });

    it('a renewed hash of a password that was replaced here meanwhile is ignored', async () => {
      await register(app, email);
      const before = await stored();
      await setByOperator(OTHER_PASSWORD);
      await old.rehash(await bare(PASSWORD), before.hash!);
      expect([await login(), await login(OTHER_PASSWORD)]).toEqual(['invalid_credentials', 'in']);
    });

    it('many passwords inserted in one statement are copied in one statement', async () => {
      await query(
        `INSERT INTO users (id, email, display_name, roles, created_at, updated_at)
         SELECT gen_random_uuid(), n || $1, NULL, '{user}', now(), now() FROM generate_series(1, 50) AS n`,
        [email],
      );
      const [{ 'QUERY PLAN': plan }] = (await query(
        `EXPLAIN (ANALYZE, FORMAT JSON) INSERT INTO password_credentials (user_id, hash, changed_at)
         SELECT id, 'a hash', now() FROM users WHERE email LIKE $1`,
        [`%${email}`],
      )) as [{ 'QUERY PLAN': [{ Triggers: { 'Trigger Name': string; Calls: number }[] }] }];
      const ours = plan[0].Triggers.filter((trigger) => !trigger['Trigger Name'].startsWith('RI_'));
      expect(ours.map((trigger) => [trigger['Trigger Name'], trigger.Calls])).toEqual([
        ['password_credentials_inserted', 1],
      ]);
      const [copied] = await query<{ copies: number }>(
        `SELECT count(*)::int AS copies FROM users WHERE email LIKE $1 AND password_hash = 'a hash' AND credential_version = 1`,
        [`%${email}`],
      );
      expect(copied!.copies).toBe(50);
    });

    it('concurrent changes by both leave both tables equal', async () => {
      await register(app, email);
      const hashes = await Promise.all([PASSWORD, OTHER_PASSWORD].map((password) => bare(password)));
      for (let round = 0; round < 10; round += 1) {
        await Promise.all([setByOperator(PASSWORD), old.setPassword(hashes[round % 2]!), login()]);
        const { legacy, hash } = await stored();
        expect(legacy).toBe(hash);
      }
    });

    it('each change is written once: the triggers do not fire each other again', async () => {
      await register(app, email);
      const updates = async () => {
        const [row] = await query<{ users: string; credentials: string }>(
          `SELECT users.xmin::text AS users, password_credentials.xmin::text AS credentials
           FROM users JOIN password_credentials ON user_id = id WHERE email = $1`,
          [email],
        );
        return row!;
      };
      const before = await updates();
      // Writing the same value again must not cause a write to the other table.
      await query(
        `UPDATE password_credentials SET hash = hash WHERE user_id = (SELECT id FROM users WHERE email = $1)`,
        [email],
      );
      const between = await updates();
      expect(between.users).toBe(before.users);
      await old.setPassword((await stored()).legacy!);
      expect((await updates()).credentials).toBe(between.credentials);
      expect(await stored()).toMatchObject({ pepper_id: pepperId });
    });
  });

  it('contain the id of the pepper of their hash', async () => {
    await register(app, email);
    expect(await stored()).toMatchObject({ pepper_id: pepperId });
    await setByOperator(OTHER_PASSWORD);
    expect(await stored()).toMatchObject({ pepper_id: pepperId });
  });

  it('keep the time at which they were set when a login renews their hash', async () => {
    await register(app, email);
    await query(
      `UPDATE password_credentials SET changed_at = '2026-01-02T03:04:05Z', pepper_id = NULL
       WHERE user_id = (SELECT id FROM users WHERE email = $1)`,
      [email],
    );
    const dearer = await startBeside(app, { variables: { BCRYPT_ROUNDS: '5' } });
    onTestFinished(() => dearer.close());
    await logIn(dearer, email);
    const { hash, changed_at, pepper_id } = await stored();
    expect(hash).toMatch(/^\$2b\$05\$/);
    expect([changed_at?.toISOString(), pepper_id]).toEqual(['2026-01-02T03:04:05.000Z', pepperId]);
    await setByOperator(OTHER_PASSWORD);
    expect((await stored()).changed_at!.getTime()).toBeGreaterThan(Date.parse('2026-01-02T03:04:05Z'));
  });

  it('are not overwritten by a login with the former one that renews its hash at the same time', async () => {
    await enrolTotp(app, await createPerson(app, { email }), Date.now());
    const dearer = await startBeside(app, { variables: { BCRYPT_ROUNDS: '5' } });
    onTestFinished(() => dearer.close());
    const newHash = await hasher.hash(OTHER_PASSWORD);
    const answer = await whileOpen(
      app,
      (tx) => setPasswordIn(tx, app, email, newHash),
      () => dearer.call({ url: '/auth/login', body: { email, password: PASSWORD } }),
    );
    expect(answer.json()).toMatchObject({ code: 'invalid_credentials' });
    expect([await login(), await login(OTHER_PASSWORD)]).toEqual(['invalid_credentials', 'factor_required']);
  });

  it('have their hash renewed by a login that gets no session yet', async () => {
    const dearer = await startBeside(app, {
      variables: { BCRYPT_ROUNDS: '5', REQUIRE_VERIFIED_EMAIL: 'true' },
    });
    onTestFinished(() => dearer.close());
    const answers = [];
    for (const verified of [true, false]) {
      email = newAddress();
      await enrolTotp(app, await createPerson(app, { email, verified }), Date.now());
      const answer = await dearer.call({ url: '/auth/login', body: { email, password: PASSWORD } });
      answers.push([answer.json().code, (await stored()).hash?.slice(0, 7)]);
    }
    expect(answers).toEqual([
      ['factor_required', '$2b$05$'],
      ['email_unverified', '$2b$05$'],
    ]);
  });

  it('that do not exist match nothing, and a login with one costs one hash like any other', async () => {
    await query(
      `INSERT INTO users (id, email, roles, created_at, updated_at)
       VALUES (gen_random_uuid(), $1, '{user}', now(), now())`,
      [email],
    );
    expect(await stored()).toMatchObject({ legacy: null, hash: null });
    let hashes = 0;
    const counting = hasher.completed.subscribe(() => (hashes += 1));
    onTestFinished(() => counting.unsubscribe());
    for (const password of [PASSWORD, '.'.repeat(31), '\u0000']) await login(password);
    expect(hashes).toBe(3);
    expect(await login()).toBe('invalid_credentials');
    await setByOperator(PASSWORD);
    expect(await login()).toBe('in');
  });

  it('are deleted with their account', async () => {
    await register(app, email);
    const [{ id } = { id: '' }] = await query<{ id: string }>('SELECT id FROM users WHERE email = $1', [
      email,
    ]);
    await app.app.get(AccountAdministration, { strict: false }).delete(email, ORIGIN);
    expect(await query('SELECT 1 FROM password_credentials WHERE user_id = $1', [id])).toEqual([]);
    expect(await login()).toBe('invalid_credentials');
  });
});
