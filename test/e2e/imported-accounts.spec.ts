import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccountPreparation } from '../../src/admin/import-export/account-preparation.js';
import { ImportedAccountDto } from '../../src/admin/import-export/imported-account.dto.js';
import { ImportedAccounts } from '../../src/admin/import-export/imported-accounts.js';
import { PASSKEY_BYTES } from '../../src/auth/credentials/factors/passkeys/passkey-bounds.js';
import { PasskeysRepository } from '../../src/auth/credentials/factors/passkeys/passkeys.repository.js';
import { MasterKey, Peppers } from '../../src/platform/crypto/master-key.js';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { logIn, newAddress, PASSWORD, register } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { beginLogin, codeOf } from '../support/app/factors.js';
import { mailsTo, mailTo, outboxIsEmpty } from '../support/app/mails.js';
import { createPerson } from '../support/app/people.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { runHere } from '../support/cli/operator-commands.js';
import { temporaryFolder } from '../support/files/temporary-folder.js';
import { FOREIGN_HASHES, FOREIGN_PASSWORD } from '../support/passwords/foreign-hashes.js';

const DATA_ERROR = 65;
const passwordHash = FOREIGN_HASHES['Django'];

/** The secret in the example of `docs/operations.md`, which has 80 bits. */
const SHORT_SECRET = 'JBSWY3DPEHPK3PXP';
const OTHER_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('an imported account', { timeout: 60_000 }, () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const fileOf = async (rows: readonly object[]) => {
    const path = join(await temporaryFolder(), 'accounts.ndjson');
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path;
  };
  /** Imports rows; returns the exit code, the counts and the faulty lines. */
  const imported = async (rows: readonly object[], ...options: string[]) => {
    const path = await fileOf(rows);
    const { code, stdout, stderr } = await runHere(app, ['import', path, '--json', ...options]);
    const faults = stderr.split('\n').filter((line) => line.startsWith('line '));
    return { code, counts: stdout === '' ? null : (JSON.parse(stdout) as object), faults };
  };
  const accountsOf = async (rows: readonly { email: string }[]) =>
    asSuperuser<{ id: string; email: string }>(
      app.database,
      'SELECT id, email FROM users WHERE email = ANY ($1)',
      [rows.map(({ email }) => email)],
    );
  const signInByCode = async (email: string, code: string) => {
    const { token: challenge } = await beginLogin(app, email, FOREIGN_PASSWORD);
    return app.call({ url: '/auth/login/factor', body: { challenge, method: 'totp', code } });
  };

  it('signs in by any of its apps, whose secrets may have 80 bits', async () => {
    const email = newAddress();
    const totpSecret = [SHORT_SECRET, OTHER_SECRET];
    expect(await imported([{ email, passwordHash, totpSecret }])).toMatchObject({ code: 0 });
    for (const secret of totpSecret) {
      const answer = await signInByCode(email, codeOf(secret, Date.now()));
      expect([answer.statusCode, answer.body]).toEqual([200, expect.any(String)]);
    }
    expect((await signInByCode(email, '000000')).json()).toMatchObject({ code: 'invalid_code' });
  });

  it('is not locked by guesses for its address before the import', async () => {
    const email = newAddress();
    const login = async (password: string) =>
      (await app.call({ url: '/auth/login', body: { email, password, tokenTransport: 'body' } })).statusCode;
    for (let guess = 0; guess < 10; guess += 1) expect(await login('a guess')).toBe(401);
    expect(await login(FOREIGN_PASSWORD)).toBe(429);
    expect(await imported([{ email, passwordHash }])).toMatchObject({ code: 0, counts: { imported: 1 } });
    expect(await login(FOREIGN_PASSWORD)).toBe(200);
  });

  it('leaves the guesses at an account that has its address already as they are', async () => {
    const email = newAddress();
    const login = async (password: string) =>
      (await app.call({ url: '/auth/login', body: { email, password, tokenTransport: 'body' } })).statusCode;
    await imported([{ email, passwordHash }]);
    for (let guess = 0; guess < 10; guess += 1) expect(await login('a guess')).toBe(401);
    expect(await imported([{ email, passwordHash }])).toMatchObject({ code: 0, counts: { skipped: 1 } });
    expect(await login(FOREIGN_PASSWORD)).toBe(429);
  });

  it('was used before if it has a password: its owner is told of the first login, too', async () => {
    const email = newAddress();
    await imported([{ email, passwordHash }]);
    const tokens = await logIn(app, email, FOREIGN_PASSWORD);
    expect(await mailTo(app, email, 'new_device')).toMatchObject({ to: email });
    const { deviceToken } = tokens;
    const body = { email, password: FOREIGN_PASSWORD, deviceToken };
    expect((await app.call({ url: '/auth/login', body })).statusCode).toBe(200);
    await outboxIsEmpty(app);
    expect(await mailsTo(app, email, 'new_device')).toHaveLength(1);
  });

  it('was not used before if nothing signed its owner in: nobody is told of the first login', async () => {
    const email = newAddress();
    await imported([{ email, totpSecret: [] }]);
    await app.call({ url: '/auth/password/forgot', body: { email } });
    const { token } = await mailTo(app, email, 'password_reset');
    await app.call({ url: '/auth/password/reset', body: { token, newPassword: PASSWORD } });
    await logIn(app, email);
    await outboxIsEmpty(app);
    expect(await mailsTo(app, email, 'new_device')).toEqual([]);
  });

  it('was used since its creation if it has a password or a passkey, and never otherwise', async () => {
    const createdAt = '2020-01-02T03:04:05.000Z';
    const passkey = {
      name: 'Key',
      credentialId: randomBytes(16).toString('base64url'),
      publicKey: 'cHVibGljIGtleQ',
      userHandle: 'aGFuZGxl',
      counter: 0,
      transports: ['usb'],
      synced: false,
      rpId: 'localhost',
    };
    const parts = [
      { passwordHash },
      { passkeys: [passkey] },
      { totpSecret: OTHER_SECRET },
      {},
      { invited: true },
    ];
    const rows = parts.map((part) => ({ email: newAddress(), createdAt, ...part }));
    expect(await imported(rows)).toMatchObject({ counts: { imported: parts.length } });
    const found = await asSuperuser<{ email: string; at: Date | null }>(
      app.database,
      'SELECT email, first_login_at AS at FROM users WHERE email = ANY ($1)',
      [rows.map(({ email }) => email)],
    );
    const times = new Map(found.map(({ email, at }) => [email, at]));
    const at = new Date(createdAt);
    expect(rows.map(({ email }) => times.get(email))).toEqual([at, at, null, null, null]);
  });

  it('is not imported, nor is any other of its file, if a line is not UTF-8', async () => {
    const path = join(await temporaryFolder(), 'accounts.ndjson');
    const rows = ['Ann', 'Jos\u00e9'].map((displayName) => ({ email: newAddress(), displayName }));
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeFile(path, text, 'latin1');
    const { code, stdout, stderr } = await runHere(app, ['import', path]);
    expect([code, stdout, stderr]).toEqual([DATA_ERROR, '', 'Line 2 is not text in UTF-8.\n']);
    expect(await accountsOf(rows)).toEqual([]);
    await writeFile(path, `\ufeff${text}`);
    expect(await runHere(app, ['import', path])).toMatchObject({ code: 0 });
    expect(await accountsOf(rows)).toHaveLength(2);
  });

  it('does not change the number of a later line if its name has a separator of lines in Unicode', async () => {
    const [first, second] = ['Ann\u2028\u2029', 'Bob'].map((displayName) => ({
      email: newAddress(),
      displayName,
    }));
    const path = await fileOf([
      { ...first, totpSecret: 'short' },
      { ...second, totpSecret: 'short' },
    ]);
    const { stderr } = await runHere(app, ['import', path]);
    expect(stderr.match(/^line \d+/gm)).toEqual(['line 1', 'line 2']);
  });

  it('has no password if its hash is empty or the one that Django sets for no password', async () => {
    const unusable = ['', '!akshfiiItRCe2ETW7O8E0cyYsfjem639FWVa24J4'];
    const rows = unusable.map((hash) => ({ email: newAddress(), passwordHash: hash }));
    const invited = unusable.map((hash) => ({ email: newAddress(), invited: true, passwordHash: hash }));
    // In /etc/shadow, for example, an account with such a hash is locked.
    const locked = [`!${String(FOREIGN_HASHES['SHA-256 crypt'])}`, '!', '*'];
    const others = locked.map((hash) => ({ email: newAddress(), passwordHash: hash }));
    const { counts, faults } = await imported([...rows, ...invited, ...others]);
    expect([counts, faults]).toEqual([
      { imported: 4, skipped: 0, faulty: 3 },
      [5, 6, 7].map((line) => `line ${line}: passwordHash: the form of the hash is not supported`),
    ]);
    const stored = await asSuperuser(
      app.database,
      'SELECT user_id FROM password_credentials JOIN users ON id = user_id WHERE email = ANY ($1)',
      [[...rows, ...invited].map(({ email }) => email)],
    );
    expect(stored).toEqual([]);
    const { email } = rows[0]!;
    await app.call({ url: '/auth/password/forgot', body: { email } });
    expect(await mailTo(app, email, 'password_reset')).toMatchObject({ to: email });
  });

  it('is a faulty line if the secret of an app cannot be used, or if there are more than five', async () => {
    const secrets = ['JBSWY3DPEHPK2', 'A'.repeat(17), 'A'.repeat(104), Array(6).fill(OTHER_SECRET)];
    const rows = secrets.map((totpSecret) => ({ email: newAddress(), totpSecret }));
    const { code, faults } = await imported(rows);
    expect([code, faults]).toEqual([
      DATA_ERROR,
      [
        ...[1, 2, 3].map((line) => expect.stringMatching(`^line ${line}: totpSecret must be a secret of`)),
        expect.stringMatching(/^line 4: totpSecret must contain no more than 5/),
      ],
    ]);
    expect(await accountsOf(rows)).toEqual([]);
  });

  it('has its password, its apps and its event also if its id is in upper case', async () => {
    const email = newAddress();
    const id = randomUUID();
    const totpSecret = OTHER_SECRET;
    const row = { id: id.toUpperCase(), email, passwordHash, totpSecret };
    expect(await imported([row])).toMatchObject({ code: 0, counts: { imported: 1, skipped: 0 } });
    expect(await accountsOf([row])).toEqual([{ id, email }]);
    const created = `SELECT 1 AS one FROM audit_events WHERE user_id = $1 AND type = 'user_created'`;
    expect(await asSuperuser(app.database, created, [id])).toHaveLength(1);
    expect((await signInByCode(email, codeOf(OTHER_SECRET, Date.now()))).statusCode).toBe(200);
  });

  it('is not written at all if it would get another id than the one with which its password is stored', async () => {
    const sql = (text: string) => asSuperuser(app.database, text);
    await sql(`CREATE FUNCTION other_id() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN NEW.id := gen_random_uuid(); RETURN NEW; END'`);
    await sql('CREATE TRIGGER other_id BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION other_id()');
    try {
      const rows = [{ email: newAddress(), passwordHash }];
      expect(await imported(rows)).toMatchObject({ code: 1, counts: null });
      expect(await accountsOf(rows)).toEqual([]);
    } finally {
      await sql('DROP FUNCTION other_id() CASCADE');
    }
  });

  it('is a faulty line if it has a member that is not known, which is shown without its control characters', async () => {
    const { faults } = await imported([{ email: newAddress(), 'a\u001b[2J\nline 7: b': 1 }]);
    expect(faults).toEqual(['line 1: property a\\u{1b}[2J\\u{a}line 7: b should not exist']);
  });

  it('is a faulty line if its id was used before, in whatever case it is written', async () => {
    const id = randomUUID();
    expect(await imported([{ id, email: newAddress() }])).toMatchObject({ code: 0 });
    await asSuperuser(app.database, 'DELETE FROM users WHERE id = $1', [id]);
    const again = [
      { id: id.toUpperCase(), email: newAddress() },
      { id, email: newAddress() },
    ];
    const twice = randomUUID();
    const [first, second] = [twice, twice.toUpperCase()].map((each) => ({ id: each, email: newAddress() }));
    const { counts, faults } = await imported([...again, first!, second!]);
    const used = (line: number) => `line ${line}: the id belongs to another account, or once did`;
    expect([counts, faults]).toEqual([{ imported: 1, skipped: 0, faulty: 3 }, [1, 2, 4].map(used)]);
  });

  it('is a faulty line if its id is that of an erased person, of whom the trail has nothing any more', async () => {
    const id = randomUUID();
    await asSuperuser(
      app.database,
      `INSERT INTO erasures (user_id, deleted_at, due_at, stated_at, erased_at) VALUES ($1, now(), now(), now(), now())`,
      [id],
    );
    const { faults } = await imported([{ id, email: newAddress() }]);
    expect(faults).toEqual(['line 1: the id belongs to another account, or once did']);
  });

  it('is a faulty line if its id is one that the service takes for nobody', async () => {
    const ids = [
      '00000000-0000-0000-0000-000000000000',
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      '00000000-0000-7000-8000-000000000000',
    ];
    const rows = ids.map((id) => ({ id, email: newAddress() }));
    const { faults } = await imported(rows);
    expect(faults).toEqual([1, 2, 3].map((line) => `line ${line}: id must be a UUID of an account`));
    expect(await accountsOf(rows)).toEqual([]);
  });

  it('is a faulty line if a passkey is that of another account, in whatever spelling of base64url', async () => {
    const passkey = {
      name: 'Key',
      publicKey: 'cHVibGljIGtleQ',
      userHandle: 'aGFuZGxl',
      counter: 0,
      transports: ['usb'],
      synced: false,
      rpId: 'localhost',
    };
    // Both are the same byte; the second one has bits beyond it.
    const rows = ['qg', 'qh', 'q'].map((credentialId) => ({
      email: newAddress(),
      passkeys: [{ ...passkey, credentialId }],
    }));
    const { counts, faults } = await imported(rows);
    expect([counts, faults]).toEqual([
      { imported: 1, skipped: 0, faulty: 2 },
      [2, 3].map((line) => `line ${line}: passkeys: 0: credentialId must be 1 to 1023 bytes in base64url`),
    ]);
  });

  it('is a faulty line if it has no RFC 3339 time of creation, and the others are imported', async () => {
    const times = [
      '20200101',
      '2020-W05',
      '2020-366',
      '2020-01-01T10',
      '2021-02-29T00:00:00Z',
      1577836800,
      // This is in the year 10000 of UTC.
      '9999-12-31T23:59:59-23:59',
    ];
    const rows = [...times, '2020-01-01T10:00:00+01:00'].map((createdAt) => ({
      email: newAddress(),
      createdAt,
    }));
    const expected = {
      code: DATA_ERROR,
      counts: { imported: 1, skipped: 0, faulty: times.length },
      faults: times.map((_, n) =>
        expect.stringMatching(`^line ${n + 1}: createdAt must be an RFC 3339 time`),
      ),
    };
    expect(await imported(rows, '--dry-run')).toEqual(expected);
    expect(await imported(rows)).toEqual(expected);
  });

  it('is a faulty line if its hash of this service is dearer than new ones, which would slow down every login', async () => {
    const hash = `$2b$05$${'a'.repeat(53)}`;
    const passwords = [{ pepperId: app.app.get(Peppers).id, hash }, hash];
    const rows = passwords.map((each) => ({ email: newAddress(), passwordHash: each }));
    const { code, counts, faults } = await imported(rows);
    expect([code, counts, faults]).toEqual([
      DATA_ERROR,
      { imported: 1, skipped: 0, faulty: 1 },
      [
        'line 1: passwordHash has the cost 5, which is above BCRYPT_ROUNDS (4) and would slow down every login; ' +
          'raise BCRYPT_ROUNDS, or leave the hash out, and the owner sets a password by "forgot password"',
      ],
    ]);
    const path = await fileOf(rows.slice(0, 1));
    const dearer = { BCRYPT_ROUNDS: '5' };
    expect(await runHere(app, ['import', path], dearer)).toMatchObject({ code: 0 });
  });

  it('is a faulty line if a recovery code occurs twice', async () => {
    const code = { keyId: app.app.get(MasterKey).ids[0], digest: 'ab'.repeat(32) };
    const rows = [code, code].map((_, n, codes) => ({
      id: randomUUID(),
      email: newAddress(),
      recoveryCodes: codes.slice(n),
    }));
    const { counts, faults } = await imported(rows);
    expect([counts, faults]).toEqual([
      { imported: 1, skipped: 0, faulty: 1 },
      ['line 1: recoveryCodes must differ from each other'],
    ]);
  });

  it('may have as many passkeys as an account can have, each of the greatest length', async () => {
    const text = (bytes: number) => randomBytes(bytes).toString('base64url');
    const passkeys = Array.from({ length: 20 }, () => ({
      name: '"'.repeat(60),
      credentialId: text(PASSKEY_BYTES.credentialId),
      publicKey: text(PASSKEY_BYTES.publicKey),
      userHandle: text(PASSKEY_BYTES.userHandle),
      counter: 4_294_967_295,
      transports: ['usb', 'internal'],
      synced: true,
      rpId: 'localhost',
    }));
    expect(await imported([{ email: newAddress(), passkeys }])).toMatchObject({ code: 0 });
  });

  it('may have a hundred recovery codes, as many others of its batch have, and passkeys', async () => {
    // More rows than one statement has parameters for.
    const { ids } = app.app.get(MasterKey);
    const text = (bytes: number) => randomBytes(bytes).toString('base64url');
    const rows = Array.from({ length: 140 }, () => ({
      id: randomUUID(),
      email: newAddress(),
      recoveryCodes: Array.from({ length: 100 }, () => ({
        keyId: ids[0],
        digest: randomBytes(32).toString('hex'),
      })),
      passkeys: Array.from({ length: 4 }, () => ({
        name: 'Key, "quoted"',
        credentialId: text(64),
        publicKey: text(77),
        userHandle: text(32),
        counter: 4_294_967_295,
        transports: ['usb', 'internal'],
        synced: true,
        rpId: 'localhost',
      })),
    }));
    expect(await imported(rows)).toMatchObject({ code: 0, counts: { imported: 140, faulty: 0 } });
    const [{ id, passkeys, recoveryCodes }] = rows as [(typeof rows)[0]];
    const codes = await asSuperuser(
      app.database,
      `SELECT key_id AS "keyId", encode(digest, 'hex') AS digest FROM recovery_codes
       WHERE user_id = $1 AND used_at IS NULL`,
      [id],
    );
    expect(codes).toEqual(expect.arrayContaining(recoveryCodes));
    const stored = await app.app.get(PasskeysRepository).findOfUser(id);
    const { name, counter, transports, synced } = passkeys[0]!;
    expect(stored).toHaveLength(4);
    expect(stored[0]).toMatchObject({ name, counter, transports, synced, lastUsedAt: null });
    expect(stored.map(({ credentialId }) => credentialId.toString('base64url')).toSorted()).toEqual(
      passkeys.map(({ credentialId }) => credentialId).toSorted(),
    );
  });

  it.each(['--dry-run', '--json'])(
    'is a faulty line if its id or a passkey is in a line long before it (%s)',
    async (option) => {
      const passkey = {
        name: 'Key',
        credentialId: randomBytes(16).toString('base64url'),
        publicKey: 'cHVibGljIGtleQ',
        userHandle: 'aGFuZGxl',
        counter: 0,
        transports: [],
        synced: false,
        rpId: 'localhost',
      };
      const id = randomUUID();
      const people = Array.from({ length: 250 }, () => ({ email: newAddress() }));
      const [first, second] = [{ id }, { passkeys: [passkey] }].map((part) => [
        { ...part, email: newAddress() },
        { ...part, email: newAddress() },
      ]) as [object[], object[]];
      const rows = [first[0]!, second[0]!, ...people, first[1]!, second[1]!];
      expect(await imported(rows, option)).toEqual({
        code: DATA_ERROR,
        counts: { imported: 252, skipped: 0, faulty: 2 },
        faults: [
          'line 253: the id belongs to another account, or once did',
          'line 254: passkeys: one of them is registered for another account',
        ],
      });
    },
  );

  describe('whose address has an account', () => {
    const unproven = (line: number) =>
      `line ${line}: skipped; an account has the address without having proven it`;

    it('is named if the account has not proven the address, which is verified in the line', async () => {
      const registered = await register(app);
      const proven = (await createPerson(app, { verified: true })).user.email;
      const invited = newAddress();
      await runHere(app, ['users', 'invite', invited, '--link']);
      const emails = [registered, proven, invited, newAddress()];
      const rows = emails.map((email) => ({ email, emailVerified: true }));
      const unverified = { email: await register(app) };
      const expected = {
        code: 0,
        counts: { imported: 1, skipped: 4, faulty: 0 },
        faults: [unproven(1)],
      };
      expect(await imported([...rows, unverified], '--dry-run')).toEqual(expected);
      expect(await imported([...rows, unverified])).toEqual(expected);
    });

    it('is named also if the account was created after the line was checked', async () => {
      const email = newAddress();
      const sql = (text: string) => asSuperuser(app.database, text);
      // Another transaction cannot come in between at will, so the row is replaced in the moment of its insertion.
      await sql(`CREATE FUNCTION taken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF pg_trigger_depth() = 1 AND NEW.email = '${email}' THEN
          NEW.id := gen_random_uuid(); NEW.email_verified := false;
          INSERT INTO users SELECT NEW.*; RETURN NULL;
        END IF; RETURN NEW; END $$`);
      await sql('CREATE TRIGGER taken BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION taken()');
      try {
        expect(await imported([{ email, emailVerified: true }])).toEqual({
          code: 0,
          counts: { imported: 0, skipped: 1, faulty: 0 },
          faults: [unproven(1)],
        });
      } finally {
        await sql('DROP FUNCTION taken() CASCADE');
      }
    });

    it('is named a hundred times at most, and the rest is counted', async () => {
      const emails = Array.from({ length: 253 }, newAddress);
      expect(await imported(emails.map((email) => ({ email })))).toMatchObject({ code: 0 });
      const path = await fileOf(emails.map((email) => ({ email, emailVerified: true })));
      const { stderr } = await runHere(app, ['import', path, '--dry-run']);
      const lines = stderr.split('\n').filter((line) => line.includes('skipped'));
      expect(lines).toEqual([
        ...Array.from({ length: 100 }, (_, n) => unproven(n + 1)),
        '153 further lines are skipped for this reason.',
      ]);
    });
  });

  describe('whose address is reserved, because its change can be undone', () => {
    let former: string;
    let undo: string;
    beforeEach(async () => {
      const owner = await createPerson(app, { verified: true });
      former = owner.user.email;
      const wanted = newAddress();
      await app.call({ url: '/users/me/email', token: owner.accessToken, body: { email: wanted } });
      const { token } = await mailTo(app, wanted, 'address_change');
      await app.call({ url: '/auth/email/verify', token: owner.accessToken, body: { token } });
      undo = (await mailTo(app, former, 'address_changed')).token!;
    });
    const undone = async () =>
      (await app.call({ url: '/auth/email/undo', body: { token: undo } })).statusCode;

    it('is skipped, and the link in the mail still undoes the change', async () => {
      const rows = [{ email: former.toUpperCase() }, { email: newAddress() }];
      const expected = { code: 0, counts: { imported: 1, skipped: 1, faulty: 0 }, faults: [] };
      expect(await imported(rows, '--dry-run')).toEqual(expected);
      expect(await imported(rows)).toEqual(expected);
      expect([await accountsOf([{ email: former }]), await undone()]).toEqual([[], 204]);
    });

    it('is not written if the change was made after the line was checked', async () => {
      const rows = [former, newAddress()].map((email, line) => {
        const account = Object.assign(new ImportedAccountDto(), { email });
        return { account, password: null, recoveryCodes: [], line };
      });
      const [preparation, accounts] = [app.app.get(AccountPreparation), app.app.get(ImportedAccounts)];
      const prepared = await preparation.prepare(rows);
      const users = await app.app.get(TransactionRunner).run((tx) => accounts.insert(tx, prepared));
      expect(users.map(({ email }) => email)).toEqual([rows[1]!.account.email]);
      expect([await accountsOf([{ email: former }]), await undone()]).toEqual([[], 204]);
    });
  });

  describe('with roles', () => {
    const MANY = 260;
    const grants = async () =>
      asSuperuser<{ granted: string[] }>(
        app.database,
        `SELECT details->'granted' AS granted FROM audit_events WHERE type = 'privilege_permissions_changed'
         ORDER BY position, id`,
      );

    it('is recorded in one event of the run, with roles that accounts got and no others', async () => {
      const before = (await grants()).length;
      const known = { email: newAddress() };
      await imported([known]);
      const people = Array.from({ length: MANY }, () => ({ email: newAddress(), roles: ['auditor'] }));
      const skipped = { ...known, roles: ['admin'] };
      const faulty = { email: newAddress(), roles: ['admin'], totpSecret: 'short' };
      expect(await imported([skipped, faulty, ...people])).toMatchObject({
        counts: { imported: MANY, skipped: 1, faulty: 1 },
      });
      expect((await grants()).slice(before)).toEqual([{ granted: ['auditor'] }]);
    });

    it('is recorded with its batch, also if a later one cannot be written', async () => {
      const before = (await grants()).length;
      const admin = { email: newAddress(), roles: ['admin'] };
      const people = Array.from({ length: MANY }, () => ({ email: newAddress() }));
      const last = people.at(-1)!;
      const sql = (text: string) => asSuperuser(app.database, text);
      await sql(`ALTER TABLE users ADD CONSTRAINT refused CHECK (email <> '${last.email}')`);
      try {
        expect(await imported([admin, ...people])).toMatchObject({ code: 1 });
      } finally {
        await sql('ALTER TABLE users DROP CONSTRAINT refused');
      }
      expect(await accountsOf([admin, last])).toMatchObject([{ email: admin.email }]);
      expect((await grants()).slice(before)).toEqual([{ granted: ['admin'] }]);
    });
  });
});
