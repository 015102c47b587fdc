import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../../../src/cli/run-command.js';
import { runVerification } from '../../../src/cli/run-verification.js';
import { KeyRing } from '../../../src/sessions/keys/key-ring.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { AddressBlocks } from '../../../src/rate-limit/blocks/address-blocks.js';
import { newAddress, PASSWORD, register } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { Tamperer } from '../../support/audit/tamperer.js';
import {
  type CommandVariables,
  type ProcessOptions,
  runHere,
  runProcess,
} from '../../support/cli/operator-commands.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';
import { freePort } from '../../support/network/free-port.js';
import { freshDatabase } from '../../support/postgres/fresh-database.js';
import { eventually } from '../../support/time/eventually.js';

const UNVERIFIED = 2;
const USAGE = 64;
const NO_ACCOUNT = 67;
const REFUSED = 77;
const CONFIGURATION = 78;

describe('the commands of an operator', { timeout: 60_000 }, () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const run = (script: string, args: readonly string[], options?: ProcessOptions) =>
    runProcess(app, script, args, options);
  const admin = (...args: string[]) => runHere(app, args);
  const verify = (args: readonly string[], variables?: CommandVariables) =>
    runHere(app, args, variables, runVerification);
  const login = async (email: string, password = PASSWORD) =>
    app.call({ url: '/auth/login', body: { email, password, tokenTransport: 'body' } });

  const events = (userId: string) =>
    asSuperuser<{ type: string; details: Record<string, unknown> }>(
      app.database,
      `SELECT type, details FROM audit_events WHERE user_id = '${userId}' AND request_id = 'operator' ORDER BY id`,
    );
  /** An account that stays an administrator during all tests. */
  beforeAll(async () => {
    await admin('users', 'roles', await register(app), 'admin');
  });

  it('change an account of the running service, and record the operator and the reason of each change', async () => {
    const email = await register(app);
    const by = ['--actor', 'Grace Hopper', '--reason', 'ticket 4711'];
    const { code, stdout } = await admin('users', 'roles', email.toUpperCase(), 'auditor', ...by);
    expect([code, stdout]).toEqual([0, 'The account has the roles user, auditor.\n']);
    const auditor = (await login(email)).json().accessToken;
    const { id } = (await app.call({ url: '/users/me', token: auditor })).json<{ id: string }>();
    expect((await admin('users', 'disable', id, ...by)).code).toBe(0);
    expect((await login(email)).json().code).toBe('invalid_credentials');
    expect((await admin('users', 'enable', email, ...by)).code).toBe(0);
    expect((await app.call({ url: '/audit/events', token: auditor })).json().code).toBe('session_ended');
    expect((await admin('users', 'unlock', email, ...by)).code).toBe(0);

    const acted = { actor: 'cli', operator: 'Grace Hopper', auditReason: 'ticket 4711' };
    expect(await events(id)).toEqual([
      { type: 'privilege_permissions_changed', details: { granted: ['auditor'], revoked: [], ...acted } },
      { type: 'user_disabled', details: acted },
      { type: 'session_revoked', details: { sessions: 1, ...acted } },
      { type: 'user_enabled', details: acted },
      { type: 'user_unlocked', details: acted },
    ]);
  });

  it('end the sessions of an account and delete it, recorded under the login name', async () => {
    const email = await register(app);
    const token = (await login(email)).json().accessToken;
    const { id } = (await app.call({ url: '/users/me', token })).json<{ id: string }>();
    expect(await admin('users', 'end-sessions', email)).toMatchObject({ stdout: 'Sessions ended: 1.\n' });
    expect((await app.call({ url: '/users/me', token })).json().code).toBe('session_ended');
    expect(await admin('users', 'delete', email, '--json')).toMatchObject({ code: 0, stdout: '' });
    expect((await login(email)).json().code).toBe('invalid_credentials');
    const operator = userInfo().username;
    expect((await events(id)).map(({ details }) => details.operator)).toEqual([operator, operator]);
  });

  it('list and show accounts', async () => {
    const name = `listed-${process.pid}`;
    for (const number of [1, 2, 3]) await register(app, `${name}.${number}@example.com`);
    await admin('users', 'roles', `${name}.2@example.com`, 'auditor');
    await admin('users', 'disable', `${name}.3@example.com`);
    const list = async (...args: string[]) => {
      const { stdout } = await admin('users', 'list', '--search', name.toUpperCase(), '--json', ...args);
      const accounts = stdout.split('\n').slice(0, -1);
      return accounts.map((line) => (JSON.parse(line) as { email: string }).email.split('@')[0]);
    };
    expect(await list()).toEqual([`${name}.1`, `${name}.2`, `${name}.3`]);
    expect(await list('--limit', '1')).toEqual([`${name}.1`]);
    expect(await list('--role', 'auditor')).toEqual([`${name}.2`]);
    expect(await list('--status', 'disabled')).toEqual([`${name}.3`]);
    expect(await admin('users', 'list', '--search', '%')).toMatchObject({ code: 0, stdout: '' });
    const { stdout } = await admin('users', 'show', `${name}.3@example.com`, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'disabled', lockedUntil: null, roles: ['user'] });
    expect((await admin('users', 'show', `${name}.3@example.com`)).stdout).toContain('\nstatus: disabled\n');
  });

  it('show an account as locked after too many failures', async () => {
    const email = await register(app);
    for (let failure = 0; failure < 10; failure++) await login(email, 'certainly not the password');
    const shown = async () => JSON.parse((await admin('users', 'show', email, '--json')).stdout) as object;
    expect(await shown()).toMatchObject({ status: 'locked', lockedUntil: expect.stringMatching(/Z$/) });
    await admin('users', 'unlock', email);
    expect(await shown()).toMatchObject({ status: 'unverified', lockedUntil: null });
  });

  it('refuse to remove the last administrator', async () => {
    const [found] = await asSuperuser<{ email: string }>(
      app.database,
      `SELECT email FROM users WHERE 'admin' = ANY (roles)`,
    );
    const email = found!.email;
    for (const args of [
      ['disable', email],
      ['delete', email],
      ['roles', email, 'user'],
    ]) {
      expect(await admin('users', ...args)).toMatchObject({
        code: REFUSED,
        stdout: '',
        stderr: expect.stringMatching(/\nThis is the last administrator who can sign in; .*\n$/),
      });
    }
  });

  it('unblock an address, with an event for each block', async () => {
    const blocks = app.app.get(AddressBlocks, { strict: false });
    const alertId = '019a0000-0000-7000-8000-000000000001';
    await app.app
      .get(TransactionRunner)
      .run((tx) => blocks.block(['2001:db8::/64'], { alertId, reason: 'brute_force', seconds: 600 }, tx));
    expect(await admin('unblock', '2001:DB8::7')).toMatchObject({
      code: 0,
      stdout: '2001:db8::/64 is no longer blocked.\n',
    });
    expect(await blocks.list()).toEqual([]);
    expect(await admin('unblock', '2001:db8::/64')).toMatchObject({
      stdout: '2001:db8::/64 was not blocked.\n',
    });
    const unblocked = await asSuperuser(
      app.database,
      `SELECT request_id, details FROM audit_events WHERE type = 'address_unblocked'`,
    );
    const acted = { actor: 'cli', operator: userInfo().username };
    expect(unblocked).toEqual([
      { request_id: 'operator', details: { address: '2001:db8::/64', alertId, ...acted } },
    ]);
  });

  it('rotate the signing key', async () => {
    const keys = async () =>
      (await app.call({ url: '/.well-known/jwks.json' })).json().keys as { kid: string }[];
    const before = await keys();
    const rotated = await admin('keys:rotate');
    expect(rotated.code).toBe(0);
    const said =
      /^Created key (\S+)\. Every instance publishes it within 15 seconds and signs with it from (\S+) on\./;
    const [, kid, signsFrom] = said.exec(rotated.stdout) ?? [];
    expect(Date.parse(signsFrom ?? '')).toBeGreaterThan(Date.now() + 300_000);
    // The service itself does this every few seconds.
    await app.app.get(KeyRing, { strict: false }).refresh();
    expect((await keys()).map((key) => key.kid)).toContain(kid);
    expect((await keys()).length).toBe(before.length + 1);
  });

  it('verify the trail', async () => {
    const { code, stdout } = await run('scripts/audit-verify.mjs', []);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^The audit trail is intact: \d+ entries(, \d+ of them with erased personal data)?\.[^]*\nCompared with \d+ checkpoints\.\n$/,
      ),
    ]);
    expect(JSON.parse((await verify(['--json'])).stdout)).toMatchObject({
      intact: true,
    });
  });

  it('verify the trail with no other checkpoints than those that the service signed', async () => {
    const DATA_DIR = await temporaryFolder();
    const checkpoint = { number: 1, time: '', hash: 'ab'.repeat(32), signature: 'cd'.repeat(64) };
    await writeFile(join(DATA_DIR, 'audit-checkpoints.ndjson'), `${JSON.stringify(checkpoint)}\n`);
    const { code, stdout } = await verify([], { DATA_DIR });
    expect(code).toBe(0);
    expect(stdout).toContain('There is no checkpoint to compare with');
    expect(stdout).toContain('1 checkpoint was ignored');
  });

  it('verify the trail without checkpoints, even if it is broken', async () => {
    const intact = await verify([], { DATA_DIR: await temporaryFolder() });
    expect([intact.code, intact.stderr]).toEqual([0, '']);
    expect(intact.stdout).toContain('There is no checkpoint to compare with');

    const copy = await startApp();
    onTestFinished(() => copy.close());
    await register(copy);
    const tamperer = await Tamperer.on(copy.database.superuserUrl);
    await eventually(() => tamperer.change('UPDATE audit_seals SET number = number'));
    await tamperer.change(`UPDATE audit_events SET reason = 'other'`);
    await tamperer.end();
    const { JWT_SECRET_KEY, PASSWORD_PEPPER } = copy.environment;
    const { DATABASE_URL, DATABASE_MIGRATION_URL } = copy.database.settings;
    const variables = { JWT_SECRET_KEY, PASSWORD_PEPPER, DATABASE_URL, DATABASE_MIGRATION_URL };
    const DATA_DIR = await temporaryFolder();
    const broken = await verify([], { ...variables, DATA_DIR });
    expect([broken.code, broken.stderr]).toEqual([1, '']);
    expect(broken.stdout).toMatch(
      /^THE AUDIT TRAIL IS BROKEN, first at .*[^]*There is no checkpoint to compare with/,
    );
  });

  it('do not take a trail for broken because the secret is another one', async () => {
    const other = { JWT_SECRET_KEY: 'an altogether different secret of enough length' };
    const { code, stdout, stderr } = await verify([], other);
    expect([code, stdout]).toEqual([CONFIGURATION, '']);
    expect(stderr).toMatch(/^JWT_SECRET_KEY lacks the secret with the key id \S+, .*\n$/);
    const renamed = { ...other, JWT_SECRET_KEY_PREVIOUS: app.environment.JWT_SECRET_KEY };
    expect(await verify([], renamed)).toMatchObject({ code: 0, stderr: '' });
    // Nothing in the trail depends on the pepper, so whoever verifies need not know it.
    expect(
      await verify([], { PASSWORD_PEPPER: 'an altogether different pepper of enough length' }),
    ).toMatchObject({ code: 0, stderr: '' });
  });

  it('name the variable if the trail cannot be verified', async () => {
    const url = new URL(app.database.url);
    const at = (change: Partial<URL>) => String(Object.assign(new URL(url), change));
    const nobody = at({ port: String(await freePort()) });
    const DATABASE_MIGRATION_URL = undefined;
    expect(await verify([], { DATABASE_URL: nobody, DATABASE_MIGRATION_URL })).toEqual({
      code: UNVERIFIED,
      stdout: '',
      stderr: 'DATABASE_URL: connection refused (ECONNREFUSED)\n',
    });
    expect(await verify([], { DATABASE_MIGRATION_URL: nobody })).toMatchObject({
      code: UNVERIFIED,
      stderr: 'DATABASE_MIGRATION_URL: connection refused (ECONNREFUSED)\n',
    });
    expect(
      await verify([], { DATABASE_URL: at({ pathname: '/nodb' }), DATABASE_MIGRATION_URL }),
    ).toMatchObject({
      code: CONFIGURATION,
      stderr: 'DATABASE_URL: the database does not exist (3D000)\n',
    });
  });

  it('name the file of checkpoints that cannot be read', async () => {
    expect(await verify(['--checkpoint', '/nowhere/checkpoints'])).toEqual({
      code: UNVERIFIED,
      stdout: '',
      stderr: '/nowhere/checkpoints does not exist.\n',
    });
    const DATA_DIR = await temporaryFolder();
    await mkdir(join(DATA_DIR, 'audit-checkpoints.ndjson'));
    expect(await verify([], { DATA_DIR })).toMatchObject({
      code: CONFIGURATION,
      stdout: '',
      stderr: expect.stringMatching(/^DATA_DIR: .* \(EISDIR\)\n$/),
    });
  });

  it.each([
    ['scripts/audit-verify.mjs', []],
    ['scripts/operator.mjs', ['users', 'list']],
  ])('end without a stack trace if the output is closed: %s', async (script, args) => {
    const { code, stderr } = await run(script, args, { reads: false });
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|at /);
  });

  it('print the fault before the usage', async () => {
    const { code, stdout, stderr } = await admin('users', 'disable');
    expect([code, stdout]).toEqual([USAGE, '']);
    expect(stderr).toMatch(
      /^error: missing required argument 'account'\n[^]*Usage: npm run admin -- users disable/,
    );
  });

  it('print their usage on request', async () => {
    const { code, stdout, stderr } = await admin('users', 'delete', '--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: npm run admin -- users delete');
  });

  it('report that the database is unavailable', async () => {
    const port = await freePort();
    const DATABASE_URL = `postgres://service:secret@127.0.0.1:${port}/portcullis`;
    const variables = { DATABASE_URL, DATABASE_MIGRATION_URL: undefined };
    const { code, stdout, stderr } = await runHere(app, ['users', 'list'], variables);
    expect([code, stdout]).toEqual([69, '']);
    expect(stderr).not.toMatch(/secret|at /);
  });

  it('report that an account does not exist', async () => {
    const { code, stderr } = await admin('users', 'disable', newAddress());
    expect([code, stderr]).toEqual([
      NO_ACCOUNT,
      expect.stringMatching(/^Database: .*\nNo such account\.\n$/),
    ]);
  });

  it('print the database on which they work, without credentials', async () => {
    const { host, pathname, password } = new URL(app.database.url);
    const { stderr } = await admin('users', 'disable', newAddress());
    expect(stderr).toContain(`Database: ${pathname.slice(1)} on ${host}\n`);
    expect(stderr).not.toContain(password);
  });

  it('need only the service role once the owner has migrated, as in the examples in deploy/', async () => {
    const empty = await freshDatabase({ migrated: false });
    onTestFinished(() => empty.drop());
    // A data folder belongs to one database.
    const DATA_DIR = await temporaryFolder();
    const owner = { DATABASE_URL: empty.url, DATABASE_MIGRATION_URL: empty.ownerUrl, DATA_DIR };
    expect(await run('scripts/typeorm.mjs', ['migration:run'], { variables: owner })).toMatchObject({
      code: 0,
    });
    const service = { ...owner, DATABASE_MIGRATION_URL: undefined };
    const listed = await runHere(app, ['users', 'list'], service);
    expect(listed).toMatchObject({ code: 0, stdout: '' });
  });

  describe.each([
    ['an account', 'scripts/operator.mjs', runCommand, ['users', 'disable', 'ada@example.com']],
    ['the trail', 'scripts/audit-verify.mjs', runVerification, []],
  ])('about %s', (_what, script, command, args) => {
    const EMBEDDED = { DATABASE_URL: undefined, DATABASE_MIGRATION_URL: undefined };
    const NO_SECRETS = { JWT_SECRET_KEY: undefined, PASSWORD_PEPPER: undefined };

    it.each([
      ['with its secrets', EMBEDDED, 'DATA_DIR does not name a database of this service'],
      [
        'without any',
        { ...EMBEDDED, ...NO_SECRETS },
        'DATA_DIR contains none: no service has been started in',
      ],
    ])('create nothing in a folder that no service has used, %s', async (_given, variables, fault) => {
      const DATA_DIR = await temporaryFolder();
      const { code, stderr } = await runHere(app, args, { ...variables, DATA_DIR }, command);
      expect([code, stderr]).toEqual([CONFIGURATION, expect.stringContaining(fault)]);
      expect(stderr).toContain(DATA_DIR);
      expect(await readdir(DATA_DIR)).toEqual([]);
    });

    it('create no tables in an empty database', async () => {
      const empty = await freshDatabase({ migrated: false });
      const variables = { DATABASE_URL: empty.url, DATABASE_MIGRATION_URL: empty.ownerUrl };
      const { code, stderr } = await run(script, args, { variables });
      const again = await runHere(app, args, variables, command);
      await empty.drop();
      expect([code, stderr]).toEqual([
        CONFIGURATION,
        expect.stringContaining(
          `DATABASE_URL does not name a database of this service: ${empty.name} on 127.0.0.1:`,
        ),
      ]);
      expect(again).toEqual({ code, stderr, stdout: '' });
    });
  });
});
