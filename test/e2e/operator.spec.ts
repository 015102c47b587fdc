import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/sessions/keys/key-ring.js';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { AddressBlocks } from '../../src/rate-limit/blocks/address-blocks.js';
import { newAddress, PASSWORD, register } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { temporaryFolder } from '../support/files/temporary-folder.js';
import { freshDatabase } from '../support/postgres/fresh-database.js';

const USAGE = 64;
const CONFIGURATION = 78;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the commands of an operator', { timeout: 60_000 }, () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  /** Runs one beside the service, as `npm run` does, with the same configuration. */
  const run = (
    script: string,
    args: readonly string[],
    { input = '', variables = {} }: { input?: string; variables?: Record<string, string | undefined> } = {},
  ): Promise<Outcome> => {
    const { JWT_SECRET_KEY, PASSWORD_PEPPER, DATA_DIR } = app.environment;
    const { settings } = app.database;
    const env = {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      BCRYPT_ROUNDS: '4',
      JWT_ALGORITHM: 'ES256',
      JWT_SECRET_KEY,
      PASSWORD_PEPPER,
      DATA_DIR,
      DATABASE_URL: settings.DATABASE_URL,
      DATABASE_MIGRATION_URL: settings.DATABASE_MIGRATION_URL,
      ...variables,
    };
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [script, ...args], { env }, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      });
      child.stdin?.end(input);
    });
  };
  const admin = (...args: string[]) => run('scripts/operator.mjs', args);
  const login = async (email: string, password = PASSWORD) =>
    app.call({ url: '/auth/login', body: { email, password, tokenTransport: 'body' } });

  it('change an account of the running service, each with an event in the trail', async () => {
    const email = await register(app);
    const { code, stdout } = await admin('roles', email.toUpperCase(), 'user', 'auditor');
    expect([code, stdout]).toEqual([
      0,
      'The account has the roles user, auditor. Nobody is an administrator now.\n',
    ]);
    const auditor = (await login(email)).json().accessToken;
    expect((await admin('disable', email)).code).toBe(0);
    expect((await login(email)).json().code).toBe('invalid_credentials');
    expect((await admin('enable', email)).code).toBe(0);
    expect((await app.call({ url: '/audit/events', token: auditor })).json().code).toBe('session_ended');

    const token = (await login(email)).json().accessToken;
    const { items } = (await app.call({ url: '/audit/events', token })).json();
    expect(items.map(({ type }: { type: string }) => type)).toEqual(
      expect.arrayContaining([
        'privilege_permissions_changed',
        'user_disabled',
        'user_enabled',
        'session_revoked',
      ]),
    );
  });

  it('set a password that is read from standard input, and judge it as any other', async () => {
    const email = await register(app);
    const short = await run('scripts/operator.mjs', ['set-password', email], { input: 'short\n' });
    expect([short.code, short.stdout]).toEqual([1, '']);
    expect(short.stderr).toContain('password must have at least 15 characters');
    const fresh = 'eleven herons wade past the mill';
    expect((await run('scripts/operator.mjs', ['set-password', email], { input: `${fresh}\n` })).code).toBe(
      0,
    );
    expect((await login(email)).statusCode).toBe(401);
    expect((await login(email, fresh)).statusCode).toBe(200);
    await admin('disable', email);
    const { stdout } = await run('scripts/operator.mjs', ['set-password', email], { input: `${fresh}\n` });
    expect(stdout).toContain('still disabled');
  });

  it('let a blocked address in again, with an event for each block', async () => {
    const blocks = app.app.get(AddressBlocks, { strict: false });
    const alertId = '019a0000-0000-7000-8000-000000000001';
    await app.app
      .get(TransactionRunner)
      .run((tx) => blocks.block(['2001:db8::/64'], { alertId, reason: 'brute_force', seconds: 600 }, tx));
    expect(await admin('unblock', '2001:DB8::7')).toMatchObject({
      code: 0,
      stdout: '2001:db8::/64 may call again.\n',
    });
    expect(await blocks.list()).toEqual([]);
    expect(await admin('unblock', '2001:db8::/64')).toMatchObject({
      stdout: '2001:db8::/64 was not blocked.\n',
    });
    const events = await asSuperuser(
      app.database,
      `SELECT request_id, details FROM audit_events WHERE type = 'address_unblocked'`,
    );
    expect(events).toEqual([{ request_id: 'operator', details: { address: '2001:db8::/64', alertId } }]);
  });

  it('rotate the signing key', async () => {
    const keys = async () =>
      (await app.call({ url: '/.well-known/jwks.json' })).json().keys as { kid: string }[];
    const before = await keys();
    const rotated = await run('scripts/operator.mjs', ['keys:rotate']);
    expect(rotated.code).toBe(0);
    const said =
      /^The key (\S+) is made\. Every instance publishes it within 15 seconds, and signs with it from (\S+) on\./;
    const [, kid, signsFrom] = said.exec(rotated.stdout) ?? [];
    expect(Date.parse(signsFrom ?? '')).toBeGreaterThan(Date.now() + 300_000);
    // Which the service does by itself every few seconds.
    await app.app.get(KeyRing, { strict: false }).refresh();
    expect((await keys()).map((key) => key.kid)).toContain(kid);
    expect((await keys()).length).toBe(before.length + 1);
  });

  it('verify the trail', async () => {
    const { code, stdout } = await run('scripts/audit-verify.mjs', []);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^The audit trail is intact: \d+ entries\.[^]*\nCompared with \d+ checkpoints\.\n$/,
      ),
    ]);
  });

  it.each([
    ['There is no command.', []],
    ['There is no command "promote".', ['promote', 'ada@example.com']],
    ['There is no command "toString".', ['toString', 'ada@example.com']],
    ['disable needs an e-mail address.', ['disable']],
    ['"ada@example.com" is no IP address.', ['unblock', 'ada@example.com']],
    ['"ada" is no e-mail address.', ['disable', 'ada']],
    ['Nothing may follow disable and its address, and "now" does.', ['disable', 'ada@example.com', 'now']],
    ['roles needs one role at least, after the address.', ['roles', 'ada@example.com']],
    ['There is no role "root".', ['roles', 'ada@example.com', 'user', 'root']],
    ['Nothing may follow keys:rotate, and "now" does.', ['keys:rotate', 'now']],
  ])('say what was wrong before they say how it is done: %s', async (fault, args) => {
    const { code, stderr } = await admin(...args);
    expect([code, stderr]).toEqual([USAGE, expect.stringContaining(`${fault}\n\nnpm run admin --`)]);
  });

  it('say how they are called to whoever asks', async () => {
    expect(await admin('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('set-password') });
  });

  it('say when there is no such account', async () => {
    const { code, stderr } = await admin('disable', newAddress());
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^Database: .*\nThere is no account with this address\.\n$/),
    ]);
  });

  it('say on which database they work, and not how they log in there', async () => {
    const { host, pathname, password } = new URL(app.database.url);
    const { stderr } = await admin('disable', newAddress());
    expect(stderr).toContain(`Database: ${pathname.slice(1)} on ${host}\n`);
    expect(stderr).not.toContain(password);
  });

  describe.each([
    ['an account', 'scripts/operator.mjs', ['disable', 'ada@example.com']],
    ['the trail', 'scripts/audit-verify.mjs', []],
  ])('about %s', (_what, script, args) => {
    const EMBEDDED = { DATABASE_URL: undefined, DATABASE_MIGRATION_URL: undefined };
    const NO_SECRETS = { JWT_SECRET_KEY: undefined, PASSWORD_PEPPER: undefined };

    it.each([
      ['with its secrets', EMBEDDED, 'DATA_DIR names no database of this service'],
      ['without any', { ...EMBEDDED, ...NO_SECRETS }, 'DATA_DIR holds none: no service has been started in'],
    ])('make nothing in a folder that no service has used, %s', async (_given, variables, fault) => {
      const DATA_DIR = await temporaryFolder();
      const { code, stderr } = await run(script, args, { variables: { ...variables, DATA_DIR } });
      expect([code, stderr]).toEqual([CONFIGURATION, expect.stringContaining(fault)]);
      expect(stderr).toContain(DATA_DIR);
      expect(await readdir(DATA_DIR)).toEqual([]);
    });

    it('make no tables in an empty database', async () => {
      const empty = await freshDatabase({ migrated: false });
      const variables = { DATABASE_URL: empty.url, DATABASE_MIGRATION_URL: empty.ownerUrl };
      const { code, stderr } = await run(script, args, { variables });
      const again = await run(script, args, { variables });
      await empty.drop();
      expect([code, stderr]).toEqual([
        CONFIGURATION,
        expect.stringContaining(
          `DATABASE_URL names no database of this service: ${empty.name} on 127.0.0.1:`,
        ),
      ]);
      expect(again).toEqual({ code, stderr, stdout: '' });
    });
  });
});
