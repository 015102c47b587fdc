import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, newAddress, PASSWORD, register, type Tokens } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { type Authenticator, beginLogin, codeOf, enrolTotp } from '../support/app/factors.js';
import { beginAuthentication, registerPasskey, type SoftwareAuthenticator } from '../support/app/passkeys.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { runHere } from '../support/cli/operator-commands.js';
import { temporaryFolder } from '../support/files/temporary-folder.js';
import { FIREBASE, FOREIGN_HASHES, FOREIGN_PASSWORD } from '../support/passwords/foreign-hashes.js';

const PASSKEY = {
  name: 'Key',
  credentialId: 'Y3JlZGVudGlhbA',
  publicKey: 'cHVibGljIGtleQ',
  userHandle: 'aGFuZGxl',
  counter: 0,
  transports: ['usb'],
  synced: false,
  rpId: 'localhost',
};
const DATA_ERROR = 65;
const NO_INPUT = 66;
const NO_OUTPUT = 73;
const USAGE = 64;

describe('accounts of another system', { timeout: 180_000 }, () => {
  let app: TestApp;
  let elsewhere: TestApp;
  let folder: string;
  beforeAll(async () => {
    app = await startApp();
    const { JWT_SECRET_KEY, PASSWORD_PEPPER } = app.environment;
    elsewhere = await startApp({
      variables: {
        JWT_SECRET_KEY: 'the master secret of the other installation',
        JWT_SECRET_KEY_PREVIOUS: JWT_SECRET_KEY,
        PASSWORD_PEPPER: 'the pepper of the other installation, which differs',
        PASSWORD_PEPPER_PREVIOUS: PASSWORD_PEPPER,
      },
    });
    folder = await mkdtemp(join(tmpdir(), 'portcullis moving '));
  }, 180_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await app.close();
    await elsewhere.close();
  });

  const file = async (name: string, rows: readonly (object | string)[]) => {
    const path = join(folder, name);
    await writeFile(
      path,
      rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''),
    );
    return path;
  };
  const statusOf = async ({ call }: TestApp, email: string, password: string) =>
    (await call({ url: '/auth/login', body: { email, password, tokenTransport: 'body' } })).statusCode;
  const hashOf = async ({ database }: TestApp, email: string) => {
    const [row] = await asSuperuser<{ hash: string }>(
      database,
      'SELECT hash FROM password_credentials JOIN users ON id = user_id WHERE email = $1',
      [email],
    );
    return row?.hash;
  };

  const people = Object.entries(FOREIGN_HASHES).map(([name, passwordHash]) => ({
    name,
    password: FOREIGN_PASSWORD,
    row: { email: newAddress(), displayName: name, passwordHash } as Record<string, unknown> & {
      email: string;
    },
  }));
  const firebase = {
    name: 'Firebase',
    password: FIREBASE.password,
    row: { email: newAddress(), passwordHash: FIREBASE.hash },
  };
  const everybody = [...people, firebase];
  const roots = {
    email: newAddress(),
    roles: ['admin'],
    emailVerified: true,
    locale: 'de',
    createdAt: '2020-01-02T03:04:05Z',
  };

  it('are imported with their hashes, and a second run changes nothing', async () => {
    const path = await file('people.ndjson', [...everybody.map(({ row }) => row), roots]);
    const dry = await runHere(app, ['import', path, '--dry-run', '--json']);
    expect(JSON.parse(dry.stdout)).toEqual({ imported: everybody.length + 1, skipped: 0, faulty: 0 });
    expect(await statusOf(app, firebase.row.email, firebase.password)).toBe(401);
    const first = await runHere(app, ['import', path, '--json']);
    expect([first.code, JSON.parse(first.stdout)]).toEqual([
      0,
      { imported: everybody.length + 1, skipped: 0, faulty: 0 },
    ]);
    const again = await runHere(app, ['import', path]);
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^Imported: 0\\. Skipped.*: ${everybody.length + 1}\\.$`, 'm')),
    ]);
    const [root] = await asSuperuser<Record<string, unknown>>(
      app.database,
      `SELECT roles, locale, email_verified, created_at::text AS created_at FROM users WHERE email = $1`,
      [roots.email],
    );
    expect(root).toMatchObject({ roles: ['user', 'admin'], locale: 'de', email_verified: true });
    expect(root!.created_at).toMatch(/^2020-01-02/);
    const events = await asSuperuser<{ type: string; count: number }>(
      app.database,
      `SELECT type, count(*)::int AS count FROM audit_events WHERE details->>'actor' = 'cli' GROUP BY type ORDER BY type`,
    );
    expect(events).toEqual([
      { type: 'privilege_permissions_changed', count: 1 },
      { type: 'user_created', count: everybody.length + 1 },
    ]);
  });

  it('raise one alert about the roles of a run, however many batches grant them', async () => {
    const subjects = async () =>
      asSuperuser<{ subject: string; granted: string[] }>(
        app.database,
        `SELECT subject, evidence->'granted' AS granted FROM monitoring_alert
         WHERE rule = 'privilege_granted' AND subject LIKE 'import:%'`,
      );
    await expect.poll(subjects).toMatchObject([{ granted: ['admin'] }]);
    const before = (await subjects()).map(({ subject }) => subject);
    const rows = Array.from({ length: 251 }, () => ({ email: newAddress() }));
    const privileged = [{ email: newAddress(), roles: ['admin'] }, ...rows];
    const path = await file('roles.ndjson', [...privileged, { email: newAddress(), roles: ['auditor'] }]);
    expect((await runHere(app, ['import', path])).code).toBe(0);
    await expect
      .poll(async () => (await subjects()).filter(({ subject }) => !before.includes(subject)))
      .toMatchObject([{ granted: ['admin', 'auditor'] }]);
  });

  it.each(everybody.slice(0, 3).map((person) => [person.name, person] as const))(
    'sign in with their password of %s, which then has a hash of ours',
    async (_name, { row: { email }, password }) => {
      expect(await hashOf(app, email)).toMatch(/^foreign:/);
      expect(await statusOf(app, email, `${password}?`)).toBe(401);
      expect(await statusOf(app, email, password)).toBe(200);
      expect(await hashOf(app, email)).toMatch(/^\$2b\$04\$/);
      expect(await statusOf(app, email, password)).toBe(200);
    },
  );

  it('are reported line by line where they are faulty, and the others are imported', async () => {
    const id = '01930000-0000-7000-8000-00000000000a';
    const good = { email: newAddress(), id };
    const path = await file('faulty.ndjson', [
      good,
      'not JSON',
      { email: 'nobody' },
      { email: good.email },
      { email: newAddress(), id },
      {
        email: newAddress(),
        passwordHash: '$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8',
      },
      { email: newAddress(), password: 'clear text' },
      {
        email: newAddress(),
        passwordHash: { pepperId: '0123456789abcdef', hash: `$2b$04$${'a'.repeat(53)}` },
      },
      { email: newAddress(), totpSecret: 'short' },
      { email: newAddress(), passkeys: [{ ...PASSKEY, counter: -1 }] },
      { email: newAddress(), passkeys: ['text', null] },
      { email: newAddress(), passkeys: [{ ...PASSKEY, rpId: 'elsewhere.example' }] },
      { email: newAddress(), passkeys: [PASSKEY] },
      { email: newAddress(), passkeys: [PASSKEY] },
      '',
      `{"email":"${newAddress()}","passwordHash":{"constructor":1}}`,
    ]);
    const { code, stdout, stderr } = await runHere(app, ['import', path, '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([DATA_ERROR, { imported: 2, skipped: 0, faulty: 13 }]);
    const lines = stderr.split('\n').flatMap((line) => /^line (\d+): ./.exec(line)?.[1] ?? []);
    expect(lines.map(Number).toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16]);
    expect(stderr).not.toContain('clear text');
    expect((await runHere(app, ['import', join(folder, 'none.ndjson')])).code).toBe(NO_INPUT);
  });

  it('are refused with the name of the file where it cannot be read or written', async () => {
    const run = async (...words: string[]) => {
      const { code, stderr } = await runHere(app, words);
      return [code, stderr];
    };
    const absent = join(folder, 'no such folder', 'accounts.ndjson');
    expect(await run('export', absent)).toEqual([
      NO_OUTPUT,
      // The line before names the database.
      expect.stringMatching(new RegExp(`^Database: .*\n${absent} cannot be written \\(ENOENT\\)\\.\n$`)),
    ]);
    const secret = join(folder, 'secret.age');
    const unreadable = [NO_INPUT, `${folder} cannot be read (EISDIR).\n`];
    expect(await run('export', secret, '--secrets', '--passphrase-file', folder)).toEqual(unreadable);
    expect(await run('import', await file('no.age', []), '--identity-file', folder)).toEqual(unreadable);
    expect(await run('import', folder)).toEqual(unreadable);
    expect(await run('export', secret, '--secrets', '--recipient', 'age1typo')).toEqual([
      USAGE,
      expect.stringMatching(/^error: option '--recipient <key>' .*is not a public key of age/),
    ]);
    expect(await readdir(folder)).not.toContain('secret.age');
  });

  describe('that are exported with their secrets', () => {
    let phone: Authenticator;
    let laptop: SoftwareAuthenticator;
    let owner: string;
    let tokens: Tokens;
    const identity = generateX25519Identity();

    it('are in an encrypted file that nobody else can read, and no file is overwritten', async () => {
      owner = await register(app);
      tokens = await logIn(app, owner);
      phone = await enrolTotp(app, tokens, Date.now());
      ({ authenticator: laptop } = await registerPasskey(app, tokens));
      // A key that somebody has written into the database is not exported: an import would make it genuine.
      await asSuperuser(
        app.database,
        `INSERT INTO passkeys SELECT gen_random_uuid(), user_id, 'Planted', '\\x01', public_key, user_handle, row_seal,
           counter, transports, synced, created_at, last_used_at FROM passkeys WHERE name = 'Laptop'`,
      );
      await asSuperuser(
        app.database,
        `INSERT INTO totp_factors SELECT (jsonb_populate_record(app, jsonb_build_object('id', gen_random_uuid()))).*
         FROM totp_factors AS app WHERE user_id = $1`,
        [tokens.user.id],
      );
      const path = join(folder, 'accounts.age');
      const recipient = await identityToRecipient(await identity);
      expect((await runHere(app, ['export', path, '--secrets'])).code).toBe(USAGE);
      const exported = await runHere(app, ['export', path, '--secrets', '--recipient', recipient, '--json']);
      expect(exported).toMatchObject({
        code: 0,
        stderr: expect.stringContaining(`Account ${tokens.user.id}: left out 2 second factors`),
      });
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      const bytes = await readFile(path);
      expect(bytes.toString('latin1')).toMatch(/^age-encryption\.org\/v1\n/);
      expect(bytes.includes(owner)).toBe(false);
      expect((await runHere(app, ['export', path])).code).toBe(NO_OUTPUT);
      const plain = join(folder, 'accounts.ndjson');
      await runHere(app, ['export', plain]);
      const text = await readFile(plain, 'utf8');
      expect(text).toContain(owner);
      expect(text).not.toMatch(/passwordHash|totpSecret|recoveryCodes|passkeys|\$2b\$/);
    });

    it('are imported elsewhere only from a whole file, and then every login works', async () => {
      const path = join(folder, 'accounts.age');
      const key = join(folder, 'key.txt');
      await writeFile(key, `# created: today\n${await identity}\n`);
      const cut = join(folder, 'cut.age');
      const bytes = await readFile(path);
      await writeFile(cut, bytes.subarray(0, bytes.length - 20));
      const { JWT_SECRET_KEY_PREVIOUS, PASSWORD_PEPPER_PREVIOUS } = elsewhere.environment;
      const variables = {
        JWT_SECRET_KEY_PREVIOUS: JWT_SECRET_KEY_PREVIOUS.join(','),
        PASSWORD_PEPPER_PREVIOUS: PASSWORD_PEPPER_PREVIOUS.join(','),
      };
      const run = (from: string) =>
        runHere(elsewhere, ['import', from, '--identity-file', key, '--json'], variables);
      expect((await run(cut)).code).toBe(DATA_ERROR);
      const { code, stdout, stderr } = await run(path);
      expect([code, stderr]).toEqual([0, expect.not.stringContaining('line ')]);
      expect(JSON.parse(stdout)).toMatchObject({ skipped: 0, faulty: 0 });
      for (const { name, row, password } of everybody)
        expect([name, await statusOf(elsewhere, row.email, password)]).toEqual([name, 200]);

      const challenge = await beginLogin(elsewhere, owner, PASSWORD);
      const answer = await elsewhere.call({
        url: '/auth/login/factor',
        body: { challenge: challenge.token, method: 'totp', code: codeOf(phone.secret, Date.now() + 30_000) },
      });
      expect([answer.statusCode, answer.body]).toEqual([200, expect.any(String)]);
      const second = await beginLogin(elsewhere, owner, PASSWORD);
      const recovery = { challenge: second.token, method: 'recovery_code', code: phone.recoveryCodes![0] };
      const recovered = await elsewhere.call({ url: '/auth/login/factor', body: recovery });
      expect([recovered.statusCode, recovered.body]).toEqual([200, expect.any(String)]);

      const begun = await beginAuthentication(elsewhere);
      const byPasskey = await elsewhere.call({
        url: '/auth/passkey',
        body: { challenge: begun.challenge, response: laptop.get(begun), tokenTransport: 'body' },
      });
      expect([byPasskey.statusCode, byPasskey.body]).toEqual([200, expect.any(String)]);
      const { accessToken: token } = byPasskey.json<Tokens>();
      const { items } = (await elsewhere.call({ url: '/users/me/factors', token })).json<{
        items: object[];
      }>();
      expect(items).toMatchObject([{ type: 'totp' }, { type: 'passkey', name: 'Laptop' }]);
    });
  });
});

describe('logins with the dearest hashes', { timeout: 180_000 }, () => {
  it('peer fault 57: a wrong cost parameter in an imported hash slows nothing', async () => {
    const app = await startApp({ listen: true, variables: { HASH_MAX_WAIT_MS: '60000' } });
    try {
      const folder = await temporaryFolder();
      const dear =
        '$argon2id$v=19$m=262144,t=10,p=1$c2FsdHNhbHRzYWx0c2FsdA$OsYcO4abqfshk6aRilxKpBpGvkMajeysRQqVk+l/Iig';
      const emails = Array.from({ length: 100 }, newAddress);
      const path = join(folder, 'dear.ndjson');
      await writeFile(
        path,
        emails.map((email) => `${JSON.stringify({ email, passwordHash: dear })}\n`).join(''),
      );
      expect((await runHere(app, ['import', path])).code).toBe(0);
      const { accessToken } = await logIn(app, await register(app));
      const check = async () => {
        const startedMs = performance.now();
        expect((await app.call({ url: '/users/me', token: accessToken })).statusCode).toBe(200);
        return performance.now() - startedMs;
      };
      const p99 = async (rounds: number) => {
        const times: number[] = [];
        for (let round = 0; round < rounds; round += 1) times.push(await check());
        return times.toSorted((a, b) => a - b)[Math.floor(rounds * 0.99)]!;
      };
      await p99(100);
      const before = await p99(300);
      const logins = emails.map(async (email) =>
        app.call({ url: '/auth/login', body: { email, password: PASSWORD } }),
      );
      const during = await p99(300);
      // A hash of this cost takes a second and more; a check that had to wait for one would show it.
      expect(during).toBeLessThan(Math.max(250, before * 5));
      // Somebody with a hash of ours signs in meanwhile.
      expect((await logIn(app, await register(app))).accessToken).toEqual(expect.any(String));
      void Promise.allSettled(logins);
    } finally {
      await app.close();
    }
  });
});
