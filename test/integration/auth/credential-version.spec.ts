import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { NewPassword } from '../../../src/auth/credentials/passwords/new-password.js';
import { logIn, newAddress, PASSWORD, register } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, startBeside, type TestApp } from '../../support/app/test-app.js';
import { setPassword } from '../../support/app/set-password.js';

describe('the version of credentials', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  let email: string;
  beforeEach(async () => {
    email = newAddress();
    await register(app, email);
  });

  const version = async (address = email): Promise<number> => {
    const statement = 'SELECT credential_version AS version FROM users WHERE email = $1';
    const [row] = await asSuperuser<{ version: number }>(app.database, statement, [address]);
    return row!.version;
  };
  const run = (statement: string, parameters: unknown[]) => asSuperuser(app.database, statement, parameters);
  const setByOperator = async (password: string) =>
    setPassword(app, email, await app.app.get(NewPassword, { strict: false }).hash(password));

  it('changes when a password is set, even to the same one', async () => {
    const before = await version();
    await setByOperator('eleven herons wade past the mill');
    expect(await version()).toBe(before + 1);
    await setByOperator('eleven herons wade past the mill');
    expect(await version()).toBe(before + 2);
  });

  it('does not change when the hash of the same password is renewed', async () => {
    const before = await version();
    const dearer = await startBeside(app, { variables: { BCRYPT_ROUNDS: '5' } });
    onTestFinished(() => dearer.close());
    await logIn(dearer, email, PASSWORD);
    const [row] = await asSuperuser<{ hash: string }>(
      app.database,
      'SELECT hash FROM password_credentials JOIN users ON user_id = id WHERE email = $1',
      [email],
    );
    expect(row!.hash).toMatch(/^\$2b\$05\$/);
    expect(await version()).toBe(before);
  });

  it('changes when the previous version, which does not know it, sets a password', async () => {
    const before = await version();
    await run(`UPDATE users SET password_hash = 'another', updated_at = now() WHERE email = $1`, [email]);
    expect(await version()).toBe(before + 1);
  });

  it('changes when a password is removed', async () => {
    const before = await version();
    await run('DELETE FROM password_credentials USING users WHERE user_id = users.id AND users.email = $1', [
      email,
    ]);
    expect(await version()).toBe(before + 1);
  });

  it('changes with the address, but with no other column of the account', async () => {
    const before = await version();
    await run(`UPDATE users SET display_name = 'Ada', email = email WHERE email = $1`, [email]);
    expect(await version()).toBe(before);
    const next = newAddress();
    await run('UPDATE users SET email = $2 WHERE email = $1', [email, next]);
    expect(await version(next)).toBe(before + 1);
  });

  it('does not prevent the deletion of an account', async () => {
    await run('DELETE FROM users WHERE email = $1', [email]);
    expect(await run('SELECT FROM users WHERE email = $1', [email])).toEqual([]);
  });
});
