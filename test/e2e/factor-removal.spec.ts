import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccountAccess } from '../../src/admin/account-access.js';
import { FactorRemoval } from '../../src/auth/credentials/factors/factor-removal.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { UsersService } from '../../src/users/users.service.js';
import { newAddress, PASSWORD, type Tokens } from '../support/app/accounts.js';
import { type Authenticator, beginLogin, codeOf, enrolTotp } from '../support/app/factors.js';
import {
  beginAuthentication,
  beginPasskey,
  registerPasskey,
  SoftwareAuthenticator,
} from '../support/app/passkeys.js';
import { createPerson, openSession } from '../support/app/people.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { codeName } from '../support/http/code-name.js';
import { whileOpen } from '../support/races/while-open.js';
import { ManualClock } from '../support/time/manual-clock.js';

const STEP_MS = 30_000;
const MINUTE_MS = 60_000;

type Enrolment = Pick<Authenticator, 'id' | 'secret'>;

describe('the removal of a second factor', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock });
  });
  afterAll(() => app.close());

  let owner: Tokens;
  beforeEach(async () => {
    owner = await createPerson(app, { verified: true });
  });

  const logInWith = async (phone: Authenticator): Promise<Tokens> => {
    const { token: challenge } = await beginLogin(app, owner.user.email, PASSWORD);
    clock.advance(STEP_MS);
    const body = { challenge, method: 'totp', code: phone.codeAt(clock.nowMs()) };
    return (await app.call({ url: '/auth/login/factor', body })).json<Tokens>();
  };
  const begin = async ({ accessToken: token }: Tokens) => {
    const answer = await app.call({ url: '/users/me/factors/totp', token, body: {} });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json<Enrolment>();
  };
  const confirm = async ({ accessToken: token }: Tokens, { id, secret }: Enrolment) => {
    const body = { code: codeOf(secret, clock.nowMs()) };
    return codeName(await app.call({ url: `/users/me/factors/totp/${id}/confirm`, token, body }));
  };
  const remove = ({ accessToken: token }: Tokens, id: string) =>
    app.call({ method: 'DELETE', url: `/users/me/factors/${id}`, token });
  const removeAsAdministrator = () =>
    app.app.get(AccountAccess, { strict: false }).removeFactors(owner.user.email, internalOrigin('operator'));

  const signInBy = async (authenticator: SoftwareAuthenticator) => {
    const ceremony = await beginAuthentication(app);
    const body = { challenge: ceremony.challenge, response: authenticator.get(ceremony) };
    const signedIn = await app.call({ url: '/auth/passkey', body: { ...body, tokenTransport: 'body' } });
    return signedIn.json<Tokens>();
  };
  const askRecent = async ({ accessToken: token }: Tokens) =>
    codeName(await app.call({ url: '/users/me/factors/totp', token, body: {} }));

  describe('takes the recent proof', () => {
    it('from a session that nothing else has proven', async () => {
      const { authenticator, id } = await registerPasskey(app, owner);
      const thief = await signInBy(authenticator);
      expect(await askRecent(thief)).toBe(201);
      expect((await remove(owner, id)).statusCode).toBe(204);
      expect(await askRecent(thief)).toBe('insufficient_user_authentication');
      expect(await askRecent(owner)).toBe(201);
    });

    it('from a session whose earlier proofs are old', async () => {
      const thief = await openSession(app, owner.user.email);
      clock.advance(20 * MINUTE_MS);
      const renewed = await openSession(app, owner.user.email);
      const { authenticator, id } = await registerPasskey(app, renewed);
      const ceremony = await beginAuthentication(app, { token: thief.accessToken });
      const response = authenticator.get(ceremony);
      const raised = await app.call({
        url: '/auth/step-up',
        token: thief.accessToken,
        body: { method: 'passkey', challenge: ceremony.challenge, response },
      });
      expect(raised.statusCode, raised.body).toBe(200);
      expect(await askRecent(thief)).toBe(201);
      expect((await remove(renewed, id)).statusCode).toBe(204);
      expect(await askRecent(thief)).toBe('insufficient_user_authentication');
      expect(await askRecent(renewed)).toBe(201);
    });
  });

  describe('refuses what the removed factor had authorised and what waits for the removal:', () => {
    it.each([
      ['an authenticator app', 'POST', '/users/me/factors/totp', {}],
      ['a passkey', 'POST', '/users/me/factors/passkeys/options', {}],
      ['new recovery codes', 'POST', '/users/me/recovery-codes', {}],
      ['another address', 'POST', '/users/me/email', { email: newAddress() }],
      ['an API key', 'POST', '/users/me/api-keys', { name: 'key', scopes: ['audit:read'] }],
      ['the deletion of the account', 'DELETE', '/users/me', undefined],
      ['another administrator', 'POST', '/admin/users', { email: newAddress(), roles: ['admin'] }],
      ['a service account', 'POST', '/admin/service-accounts', { name: 'job', scopes: ['audit:read'] }],
    ] as const)('%s', async (_what, method, url, body) => {
      if (url.startsWith('/admin/')) owner = await createPerson(app, { verified: true, roles: ['admin'] });
      const { authenticator, id } = await registerPasskey(app, owner);
      await enrolTotp(app, owner, clock.nowMs());
      const thief = await signInBy(authenticator);
      const removal = app.app.get(FactorRemoval, { strict: false });
      const users = app.app.get(UsersService, { strict: false });
      const late = await whileOpen(
        app,
        async (tx) => {
          const user = await users.lock(tx, owner.user.id);
          await removal.remove(tx, user!, id, { sessionId: null }, internalOrigin('operator'));
        },
        () => app.call({ method, url, token: thief.accessToken, body }),
      );
      expect(late.json()).toMatchObject({
        status: 401,
        code: 'insufficient_user_authentication',
        methods: ['password'],
      });
    });
  });

  describe('ends pending enrolments', () => {
    it('of other sessions, which the removed factor may have authorised', async () => {
      const phone = await enrolTotp(app, owner, clock.nowMs());
      const thief = await logInWith(phone);
      const enrolment = await begin(thief);
      expect((await remove(owner, phone.id)).statusCode).toBe(204);
      expect(await confirm(thief, enrolment)).toBe('not_found');
    });

    it('of other sessions while another factor remains', async () => {
      const phone = await enrolTotp(app, owner, clock.nowMs());
      const spare = await enrolTotp(app, owner, clock.nowMs());
      const thief = await logInWith(phone);
      const enrolment = await begin(thief);
      expect((await remove(owner, spare.id)).statusCode).toBe(204);
      expect(await confirm(thief, enrolment)).toBe('not_found');
    });

    it('but not of the session that removes the factor, in which it may be replaced', async () => {
      const phone = await enrolTotp(app, owner, clock.nowMs());
      const enrolment = await begin(owner);
      expect((await remove(owner, phone.id)).statusCode).toBe(204);
      expect(await confirm(owner, enrolment)).toBe(200);
    });

    it('of every session if an administrator removes the factors', async () => {
      await enrolTotp(app, owner, clock.nowMs());
      const enrolment = await begin(owner);
      expect(await removeAsAdministrator()).toBe(1);
      expect(await confirm(owner, enrolment)).toBe('not_found');
    });

    it('of apps and passkeys if an administrator removes factors of which there are none yet', async () => {
      const other = await openSession(app, owner.user.email);
      const enrolment = await begin(owner);
      const ceremony = await beginPasskey(app, other);
      expect(await removeAsAdministrator()).toBe(0);
      expect(await confirm(owner, enrolment)).toBe('not_found');
      const response = new SoftwareAuthenticator().create(ceremony);
      const registered = await app.call({
        url: '/users/me/factors/passkeys',
        token: other.accessToken,
        body: { challenge: ceremony.challenge, response },
      });
      expect(codeName(registered)).toBe('invalid_challenge');
    });
  });
});
