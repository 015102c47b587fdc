import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AuditExport } from '../../src/audit/reading/audit-export.js';
import { SealingRound } from '../../src/audit/seals/sealing-round.js';
import { SpoolDrain } from '../../src/audit/spool/spool-drain.js';
import { AuditVerification } from '../../src/audit/verification/audit-verification.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { TotpFactorsRepository } from '../../src/auth/credentials/factors/totp/totp-factors.repository.js';
import { TotpSecrets } from '../../src/auth/credentials/factors/totp/totp-secrets.js';
import { ConfigurationFault } from '../../src/platform/config/configuration-fault.js';
import { keyIdOf } from '../../src/platform/crypto/key-id.js';
import { MasterKey, Peppers } from '../../src/platform/crypto/master-key.js';
import { AnnouncementTransactions } from '../../src/platform/secret-keys/announcement-transactions.js';
import { SecretAnnouncer } from '../../src/platform/secret-keys/secret-announcer.js';
import { SecretReport } from '../../src/platform/secret-keys/secret-report.js';
import { SecretRewriting } from '../../src/platform/secret-keys/secret-rewriting.js';
import { logIn, PASSWORD, register, signUp, type Tokens } from '../support/app/accounts.js';
import { createKey, type NewKey } from '../support/app/api-keys.js';
import { type Authenticator, enrolTotp } from '../support/app/factors.js';
import { beginAuthentication, registerPasskey, type SoftwareAuthenticator } from '../support/app/passkeys.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { Tamperer } from '../support/audit/tamperer.js';
import { runHere } from '../support/cli/operator-commands.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres/fresh-database.js';
import { ManualClock } from '../support/time/manual-clock.js';

const OLD = {
  JWT_SECRET_KEY: 'the first master secret of thirty-two bytes or more',
  PASSWORD_PEPPER: 'the first pepper of all with thirty-two bytes or more',
};
const NEW = {
  JWT_SECRET_KEY: 'the second master secret of thirty-two bytes or more',
  PASSWORD_PEPPER: 'the second pepper of them with thirty-two bytes or more',
};
const BOTH = {
  ...NEW,
  JWT_SECRET_KEY_PREVIOUS: OLD.JWT_SECRET_KEY,
  PASSWORD_PEPPER_PREVIOUS: OLD.PASSWORD_PEPPER,
};
const OLD_ID = keyIdOf(OLD.JWT_SECRET_KEY);
const NEW_ID = keyIdOf(NEW.JWT_SECRET_KEY);
const OLD_PEPPER_ID = keyIdOf(OLD.PASSWORD_PEPPER);

describe('a change of both secrets over two instances', { timeout: 120_000 }, () => {
  /** Behind by the minute that the tests skip, because commands go by the machine's clock. */
  const clock = new ManualClock(Date.now() - 62_000);
  let database: FreshDatabase;
  const running = new Set<TestApp>();
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(async () => {
    for (const app of running) await app.close();
    await database.drop();
  });

  const start = async (variables: Record<string, string>) => {
    const app = await startApp({ database, clock, variables });
    running.add(app);
    return app;
  };
  const stop = async (app: TestApp) => {
    running.delete(app);
    await app.close();
  };
  const get = <T>({ app }: TestApp, service: abstract new (...args: never[]) => T) =>
    app.get<T>(service, { strict: false });
  const announce = async (...apps: TestApp[]) => {
    for (const app of apps) expect(await get(app, SecretAnnouncer).announce()).toEqual([]);
  };
  const refresh = async ({ call }: TestApp, { refreshToken }: Tokens): Promise<Tokens> => {
    const answer = await call({ url: '/auth/refresh', body: { refreshToken } });
    expect([answer.statusCode, answer.body]).toEqual([200, expect.any(String)]);
    return answer.json<Tokens>();
  };
  const sealed = async (app: TestApp) => {
    await get(app, SpoolDrain).run();
    await get(app, SealingRound).run();
  };
  const verified = async (app: TestApp) => {
    await sealed(app);
    return get(app, AuditVerification).verify();
  };
  const dependants = async (app: TestApp, id: string) =>
    (await get(app, SecretReport).read()).find(({ keyId }) => keyId === id)?.dependants;
  /** An active key is refused for its scopes, and any other for itself. */
  const keyIsAccepted = async (app: TestApp, { key }: NewKey) =>
    (await app.call({ url: '/users/me', token: key })).statusCode === 403;
  const secrets = (...words: string[]) => runHere(second, ['secrets', ...words], BOTH);
  const settle = async (...apps: TestApp[]) => {
    clock.advance(61_000);
    await announce(...apps);
  };

  /** The status of a sign-in by Bob's passkey alone. */
  const signsIn = async (app: TestApp) => {
    const begun = await beginAuthentication(app);
    const body = { challenge: begun.challenge, response: bob.laptop.get(begun) };
    return (await app.call({ url: '/auth/passkey', body })).statusCode;
  };

  let first: TestApp;
  let second: TestApp;
  let ada: Tokens;
  let bob: { email: string; tokens: Tokens; phone: Authenticator; laptop: SoftwareAuthenticator };
  let cleo: string;
  let used: NewKey;
  let unused: NewKey;
  let adasDigest: string;
  let notedKey: string;

  it('begins with two instances that know only the old secrets', async () => {
    first = await start(OLD);
    second = await start(OLD);
    ada = await signUp(first);
    const email = await register(second);
    const tokens = await logIn(second, email);
    const phone = await enrolTotp(second, tokens, clock.nowMs());
    const { authenticator: laptop } = await registerPasskey(second, tokens);
    bob = { email, tokens, phone, laptop };
    cleo = await register(first);
    used = await createKey(first, ada, { scopes: ['orders:read'] });
    unused = await createKey(first, ada, { scopes: ['orders:read'] });
    adasDigest = get(first, AuditService).emailDigest(ada.user.email);
    const { intact, checkpoint } = await verified(first);
    expect(intact).toBe(true);
    notedKey = checkpoint!.publicKey;
  });

  it('makes with the old secrets as long as one instance knows only those', async () => {
    const replaced = first;
    first = await start(BOTH);
    await stop(replaced);
    await announce(first, second);
    expect(get(first, MasterKey).id).toBe(OLD_ID);
    expect(get(first, Peppers).id).toBe(OLD_PEPPER_ID);
    ada = await refresh(second, await refresh(first, ada));
    const newcomer = await register(first);
    await logIn(second, newcomer);
  });

  it('makes with the new ones once both know them, and reads with all', async () => {
    const replaced = second;
    second = await start(BOTH);
    await stop(replaced);
    await announce(first, second);
    expect([get(first, MasterKey).id, get(second, MasterKey).id]).toEqual([NEW_ID, NEW_ID]);
    const me = await second.call({ url: '/users/me', token: ada.accessToken });
    expect(me.statusCode).toBe(200);
    // The token of the old secret is refreshed by one instance, and that of the new one by the other.
    bob.tokens = await refresh(first, await refresh(second, bob.tokens));
    await logIn(first, await register(second));
    expect(get(second, AuditService).emailDigest(ada.user.email)).toBe(adasDigest);
    expect(await keyIsAccepted(second, used)).toBe(true);
    expect([await signsIn(first), await signsIn(second)]).toEqual([200, 200]);
    expect((await verified(second)).intact).toBe(true);
  });

  it('refuses the start of an instance that lacks a secret in use', async () => {
    const failing = startApp({ database, clock, variables: OLD });
    await expect(failing).rejects.toBeInstanceOf(ConfigurationFault);
    await expect(failing).rejects.toMatchObject({
      faults: [expect.stringMatching(NEW_ID), expect.stringMatching(/^PASSWORD_PEPPER /)],
    });
    await expect(startApp({ database, clock, variables: NEW })).rejects.toMatchObject({
      faults: [expect.stringMatching(OLD_ID), expect.stringMatching(OLD_PEPPER_ID)],
    });
  });

  it('rewrites what can be rewritten, and says what still depends on the old ones', async () => {
    await settle(first, second);
    await get(first, SecretRewriting).run();
    await sealed(first);
    const left = await dependants(first, OLD_ID);
    expect(left).toEqual({
      sessions: expect.any(Number),
      'known-devices': expect.any(Number),
      'recovery-codes': 10,
      // The other one was given a new digest when it was used.
      'api-keys': 1,
      'single-use-secrets': expect.any(Number),
    });
    expect(await dependants(first, OLD_PEPPER_ID)).toEqual({ passwords: expect.any(Number) });
    const { intact, checkpoint } = await verified(second);
    expect(intact).toBe(true);
    expect(checkpoint!.publicKey).not.toBe(notedKey);
  });

  it('needs no old pepper for those who have signed in since, and no old secret for what they hold', async () => {
    const before = await dependants(first, OLD_PEPPER_ID);
    const later = await logIn(first, ada.user.email);
    expect(await dependants(first, OLD_PEPPER_ID)).toEqual({ passwords: before!['passwords']! - 1 });
    ada = await refresh(second, later);
    bob.tokens = await refresh(second, bob.tokens);
  });

  it('ends the dependence at the request of an operator, and everything works without the old secrets', async () => {
    const deleted = [await dependants(first, OLD_ID), await dependants(first, OLD_PEPPER_ID)];
    expect(await secrets('--check')).toMatchObject({
      code: 75,
      stdout: expect.stringMatching(
        new RegExp(`^JWT_SECRET_KEY  ${OLD_ID}  former  .*\\b10 recovery-codes\\b.*$`, 'm'),
      ),
      stderr: expect.stringContaining('Stored data still depends on a former secret.\n'),
    });
    expect(await secrets('forget', NEW_ID)).toMatchObject({ code: 77, stdout: '' });
    for (const id of [OLD_ID, OLD_PEPPER_ID])
      expect(await secrets('forget', id, '--actor', 'Grace', '--json')).toMatchObject({
        code: 0,
        stdout: `${JSON.stringify({ keyId: id })}\n`,
      });
    expect(await secrets('forget', OLD_ID)).toMatchObject({
      code: 77,
      stderr: expect.stringContaining('No secret with this key id is in use.\n'),
    });
    const left = await secrets('--check', '--json');
    const states = left.stdout.trimEnd().split('\n');
    expect([left.code, ...states.map((line) => JSON.parse(line) as object)]).toMatchObject([
      0,
      { variable: 'JWT_SECRET_KEY', keyId: NEW_ID, isCurrent: true },
      { variable: 'PASSWORD_PEPPER', isCurrent: true },
    ]);
    const by = { actor: 'cli', operator: 'Grace' };
    expect(
      await asSuperuser(
        database,
        `SELECT details FROM audit_events WHERE type = 'secret_forgotten' ORDER BY id`,
      ),
    ).toEqual([
      { details: { variable: 'JWT_SECRET_KEY', keyId: OLD_ID, deleted: deleted[0], ...by } },
      { details: { variable: 'PASSWORD_PEPPER', keyId: OLD_PEPPER_ID, deleted: deleted[1], ...by } },
    ]);
    await expect.poll(() => keyIsAccepted(first, unused)).toBe(false);
    for (const app of [first, second]) await stop(app);

    const alone = await start(NEW);
    expect((await alone.call({ url: '/users/me', token: ada.accessToken })).statusCode).toBe(200);
    ada = await refresh(alone, ada);
    await logIn(alone, ada.user.email);
    const listed = await alone.call({ url: '/users/me/api-keys', token: ada.accessToken });
    expect(listed.json<{ items: NewKey[] }>().items.map(({ id }) => id)).toEqual([used.id]);
    expect([await keyIsAccepted(alone, used), await keyIsAccepted(alone, unused)]).toEqual([true, false]);
    const [factor] = await get(alone, TotpFactorsRepository).findConfirmed(bob.tokens.user.id);
    expect(get(alone, TotpSecrets).open(factor!)).toBe(bob.phone.secret);
    bob.tokens = await refresh(alone, bob.tokens);
    clock.advance(30_000);
    const proven = await alone.call({
      url: '/auth/step-up',
      token: bob.tokens.accessToken,
      body: { method: 'totp', code: bob.phone.codeAt(clock.nowMs()) },
    });
    expect([proven.statusCode, proven.body]).toEqual([200, expect.any(String)]);
    expect(await signsIn(alone)).toBe(200);
    // Cleo has not signed in since, and has no password any more; forgot leads to a new one.
    const refused = await alone.call({ url: '/auth/login', body: { email: cleo, password: PASSWORD } });
    expect(refused.statusCode).toBe(401);
    const verification = await verified(alone);
    expect(verification).toMatchObject({ intact: true, firstFault: null });
    expect(get(alone, AuditService).emailDigest(ada.user.email)).toBe(adasDigest);

    const folder = alone.environment.DATA_DIR;
    const exports = get(alone, AuditExport);
    await writeFile(join(folder, 'audit.ndjson'), await text(exports.entries({}, undefined).text));
    await writeFile(join(folder, 'seals.ndjson'), await text(exports.sealsOf({}).text));
    const verifier = [
      'deploy/verify-audit-export.mjs',
      join(folder, 'audit.ndjson'),
      join(folder, 'seals.ndjson'),
    ];
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [...verifier, notedKey, '--complete']);
    expect(stdout).toMatch(/entries match their seals/);
    // The key of the end does not prove what precedes the change.
    const newest = verification.checkpoint!.publicKey;
    await expect(run(process.execPath, [...verifier, newest, '--complete'])).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('was not signed with this key'),
    });
  });

  it('finds an entry of the time before the change that was altered after the old secret is gone', async () => {
    const [alone] = running;
    const tamperer = await Tamperer.on(database.superuserUrl);
    const [oldest] = await tamperer.ids('audit_events');
    await tamperer.change('UPDATE audit_events SET user_agent = $2 WHERE id = $1', oldest, 'forged');
    await tamperer.end();
    expect(await verified(alone!)).toMatchObject({
      intact: false,
      firstFault: { id: oldest, kind: 'altered' },
    });
  });
});

describe('a secret whose first use was not committed', { timeout: 120_000 }, () => {
  it('is not used by the instance that chose it, so that one without it can still start', async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.drop());
    const clock = new ManualClock(Date.now());
    const start = (variables: Record<string, string>) => startApp({ database, clock, variables });
    const former = await start(OLD);
    const instance = await start(BOTH);
    onTestFinished(() => instance.close());
    await former.close();
    clock.advance(61_000);

    const get = <T>(service: abstract new (...args: never[]) => T) =>
      instance.app.get<T>(service, { strict: false });
    const transactions = get(AnnouncementTransactions);
    const run = transactions.run.bind(transactions);
    transactions.run = (work) =>
      run(async (tx) => {
        await work(tx);
        throw new Error('the connection was lost before the commit');
      });
    await expect(get(SecretAnnouncer).announce()).rejects.toThrow('before the commit');
    expect([get(MasterKey).id, get(Peppers).id]).toEqual([OLD_ID, OLD_PEPPER_ID]);
    transactions.run = run;
    await get(SecretAnnouncer).announce();
    expect(get(MasterKey).id).toBe(NEW_ID);
  });
});
