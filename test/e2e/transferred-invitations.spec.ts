import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newAddress } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { runHere } from '../support/cli/operator-commands.js';
import { FOREIGN_HASHES } from '../support/passwords/foreign-hashes.js';

const CHOSEN = 'eleven herons wade past the mill';

describe('An open invitation that is exported and imported elsewhere', { timeout: 60_000 }, () => {
  const email = newAddress();
  let app: TestApp;
  let elsewhere: TestApp;
  let folder: string;
  let token: string;
  beforeAll(async () => {
    app = await startApp();
    elsewhere = await startApp();
    folder = await mkdtemp(join(tmpdir(), 'portcullis invitations '));
    ({ accessToken: token } = await createPerson(elsewhere, { roles: ['admin'] }));
    await createPerson(app);
    await runHere(app, ['users', 'invite', email, '--role', 'admin', '--link']);
    const path = join(folder, 'accounts.ndjson');
    await runHere(app, ['export', path]);
    await runHere(elsewhere, ['import', path]);
  }, 60_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await app.close();
    await elsewhere.close();
  });

  const membersOf = async () => {
    const text = await readFile(join(folder, 'accounts.ndjson'), 'utf8');
    const rows = text.split('\n').filter((line) => line !== '');
    return rows.map((line) => (JSON.parse(line) as { invited?: boolean }).invited);
  };
  const found = async () => {
    const answer = await elsewhere.call({ url: `/admin/users?search=${encodeURIComponent(email)}`, token });
    return answer.json<{ items: object[] }>().items;
  };

  it('is named in its line, and others are not', async () => {
    expect(await membersOf()).toEqual([undefined, true]);
  });

  it('is open there, and does not count as an administrator', async () => {
    expect(await found()).toMatchObject([{ email, status: 'invited', roles: ['user', 'admin'] }]);
    const deleted = await elsewhere.call({ method: 'DELETE', url: '/users/me', token });
    expect(deleted.json()).toMatchObject({ status: 409, code: 'last_administrator' });
  });

  it('is accepted there by a new link', async () => {
    const { stdout } = await runHere(elsewhere, ['users', 'invite', email, '--again', '--link']);
    const link = new URL(stdout.trim()).hash.slice('#token='.length);
    const body = { token: link, password: CHOSEN };
    expect((await elsewhere.call({ url: '/auth/invitation', body })).statusCode).toBe(201);
    expect(await found()).toMatchObject([{ status: 'active', roles: ['user', 'admin'] }]);
  });

  it('is a faulty line with anything that signs somebody in', async () => {
    const secrets = [
      { passwordHash: FOREIGN_HASHES['Django'] },
      { totpSecret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' },
    ];
    const path = join(folder, 'faulty.ndjson');
    const rows = secrets.map((secret) => ({ email: newAddress(), invited: true, ...secret }));
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const { stderr } = await runHere(elsewhere, ['import', path]);
    const reason = 'an invited account has no password and no second factors until its owner accepts';
    expect(stderr.split('\n').filter((line) => line.startsWith('line '))).toEqual(
      [1, 2].map((line) => `line ${line}: ${reason}`),
    );
  });
});
