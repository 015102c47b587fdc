import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { NewPassword } from '../../src/auth/credentials/passwords/new-password.js';
import { PasswordHasher } from '../../src/auth/credentials/passwords/password-hasher.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { logIn, PASSWORD } from '../support/app/accounts.js';
import { createAccount, openSession } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { setPassword } from '../support/app/set-password.js';

const ORIGIN = internalOrigin('operator');
const NEW_PASSWORD = 'eleven herons wade past the mill';

/** The changes that an operator can make to an account, by name. */
const CHANGES = {
  disabled: async ({ app }: TestApp, email: string) => {
    await app.get(AccountAdministration, { strict: false }).disable(email, ORIGIN);
  },
  deleted: async ({ app }: TestApp, email: string) => {
    await app.get(AccountAdministration, { strict: false }).delete(email, ORIGIN);
  },
  'given another role': async ({ app }: TestApp, email: string) => {
    await app.get(AccountAdministration, { strict: false }).setRoles(email, ['user', 'auditor'], ORIGIN);
  },
  'given another password': async ({ app }: TestApp, email: string) => {
    const hash = await app.get(NewPassword, { strict: false }).hash(NEW_PASSWORD);
    await setPassword({ app }, email, hash);
  },
};

describe('an account', () => {
  // Two instances on one database: a change on one of them must take effect on the other.
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    here = await startApp();
    there = await startBeside(here);
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  const me = async (app: TestApp, token: string) => {
    const answer = await app.call({ url: '/users/me', token });
    return answer.statusCode === 200 ? 'alive' : String(answer.json().code);
  };
  const login = async (email: string, password = PASSWORD) => {
    const answer = await there.call({
      url: '/auth/login',
      body: { email, password, tokenTransport: 'body' },
    });
    return answer.statusCode === 200 ? 'in' : String(answer.json().code);
  };

  it.each(Object.entries(CHANGES))(
    'that is %s loses its sessions on every instance within a second',
    async (_what, change) => {
      const email = await createAccount(here);
      const { accessToken, refreshToken } = await openSession(here, email);
      expect([await me(here, accessToken), await me(there, accessToken)]).toEqual(['alive', 'alive']);
      await change(here, email);
      const changedMs = performance.now();
      expect(await me(here, accessToken)).toBe('session_ended');
      await expect.poll(() => me(there, accessToken), { timeout: 1000, interval: 20 }).toBe('session_ended');
      expect(performance.now() - changedMs).toBeLessThan(1000);
      const refreshed = await there.call({ url: '/auth/refresh', body: { refreshToken } });
      expect(refreshed.json().code).toBe('session_ended');
    },
  );

  it('that is disabled cannot sign in until it is enabled again, and its old sessions stay ended', async () => {
    const email = await createAccount(here);
    const { accessToken } = await openSession(here, email);
    await CHANGES.disabled(here, email);
    expect(await login(email)).toBe('invalid_credentials');
    await here.app.get(AccountAdministration, { strict: false }).enable(email, ORIGIN);
    expect(await login(email)).toBe('in');
    expect(await me(here, accessToken)).toBe('session_ended');
  });

  it('that is given another role shows the role and the time of the change at once', async () => {
    const email = await createAccount(here);
    const profile = async () => {
      const { accessToken: token } = await openSession(here, email);
      await here.call({ url: '/users/me', token });
      return (await here.call({ url: '/users/me', token })).json<{ roles: string[]; updatedAt: string }>();
    };
    const before = await profile();
    await CHANGES['given another role'](here, email);
    const after = await profile();
    expect(after.roles).toEqual(['user', 'auditor']);
    expect(after.updatedAt > before.updatedAt).toBe(true);
  });

  it('that got another password accepts only that one', async () => {
    const email = await createAccount(here);
    await CHANGES['given another password'](here, email);
    expect([await login(email), await login(email, NEW_PASSWORD)]).toEqual(['invalid_credentials', 'in']);
  });

  describe('that is changed during a login', () => {
    /** Makes the change after the password was verified and before the session begins. */
    const during = (change: () => Promise<void>) => {
      const hasher = there.app.get(PasswordHasher, { strict: false });
      const verify = hasher.verify.bind(hasher);
      const spy = vi.spyOn(hasher, 'verify').mockImplementation(async (password, hash) => {
        const matches = await verify(password, hash);
        await change();
        return matches;
      });
      onTestFinished(() => spy.mockRestore());
    };

    it.each(['disabled', 'deleted', 'given another password'] as const)(
      'refuses the login: %s',
      async (what) => {
        const email = await createAccount(here);
        during(() => CHANGES[what](here, email));
        expect(await login(email)).toBe('invalid_credentials');
      },
    );

    it('issues a session with the new roles', async () => {
      const email = await createAccount(here);
      during(() => CHANGES['given another role'](here, email));
      expect((await logIn(there, email)).user).toMatchObject({ roles: ['user', 'auditor'] });
    });

    it('keeps its new password, even if the old hash was to be renewed', async () => {
      const costlier = await startBeside(here, { variables: { BCRYPT_ROUNDS: '5' } });
      onTestFinished(() => costlier.close());
      const email = await createAccount(here);
      const hasher = costlier.app.get(PasswordHasher, { strict: false });
      const hash = hasher.hash.bind(hasher);
      vi.spyOn(hasher, 'hash').mockImplementation(async (password) => {
        await CHANGES['given another password'](here, email);
        return hash(password);
      });
      await costlier.call({ url: '/auth/login', body: { email, password: PASSWORD } });
      expect([await login(email), await login(email, NEW_PASSWORD)]).toEqual(['invalid_credentials', 'in']);
    });
  });

  it('gets a new hash at the next login if the cost has changed', async () => {
    const email = await createAccount(here);
    const costlier = await startBeside(here, { variables: { BCRYPT_ROUNDS: '5' } });
    onTestFinished(() => costlier.close());
    const cost = async () => {
      const [row] = await asSuperuser<{ hash: string }>(
        here.database,
        'SELECT password_hash AS hash FROM users WHERE email = $1',
        [email],
      );
      return row?.hash.slice(0, 7);
    };
    expect(await cost()).toBe('$2b$04$');
    await logIn(costlier, email);
    expect(await cost()).toBe('$2b$05$');
    expect(await login(email)).toBe('in');
  });
});
