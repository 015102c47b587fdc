import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { SessionRevocation } from '../../../src/sessions/revocation/session-revocation.js';
import { UsersService } from '../../../src/users/users.service.js';
import type { Tokens } from '../../support/app/accounts.js';
import { type Authenticator, codeOf, enrolTotp } from '../../support/app/factors.js';
import { mailTo } from '../../support/app/mails.js';
import { createPerson } from '../../support/app/people.js';
import { startApp, type TestApp, type TestRequest } from '../../support/app/test-app.js';
import { whileOpen } from '../../support/races/while-open.js';

const ORIGIN = internalOrigin('test');

// A session can end between the guard, which has let its request pass, and the transaction of the request (CWE-367).
describe('a session that ends while a request of it waits for the account', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  let person: Tokens;
  let authenticator: Authenticator;
  beforeEach(async () => {
    person = await createPerson(app);
    authenticator = await enrolTotp(app, person, Date.now());
  });

  const call = (request: Omit<TestRequest, 'token'>) => app.call({ ...request, token: person.accessToken });
  const answered = async (request: () => ReturnType<typeof call>): Promise<unknown> => {
    const answer = await whileOpen(
      app,
      async (tx) => {
        await app.app.get(UsersService, { strict: false }).lock(tx, person.user.id);
        const sessions = app.app.get(SessionRevocation, { strict: false });
        await sessions.endAllOfUser(tx, person.user.id, 'password_reset', ORIGIN);
      },
      request,
    );
    return answer.body === '' ? answer.statusCode : answer.json<{ code?: string }>().code;
  };

  it.each<[string, () => Omit<TestRequest, 'token'>]>([
    ['gets no recovery codes', () => ({ url: '/users/me/recovery-codes', body: {} })],
    ['removes no factor', () => ({ method: 'DELETE', url: `/users/me/factors/${authenticator.id}` })],
    ['begins no enrolment', () => ({ url: '/users/me/factors/totp', body: { name: 'Phone' } })],
    ['begins no registration of a passkey', () => ({ url: '/users/me/factors/passkeys/options', body: {} })],
    [
      'requests no change of address',
      () => ({ url: '/users/me/email', body: { email: 'thief@example.com' } }),
    ],
    ['cancels no recovery', () => ({ method: 'DELETE', url: '/users/me/recovery' })],
    [
      'makes no API key',
      () => ({ url: '/users/me/api-keys', body: { name: 'CI', scopes: ['profile:read'] } }),
    ],
    ['deletes no account', () => ({ method: 'DELETE', url: '/users/me' })],
  ])('%s', async (_what, request) => {
    expect(await answered(() => call(request()))).toBe('session_ended');
  });

  it('confirms no factor', async () => {
    const begun = await call({ url: '/users/me/factors/totp', body: { name: 'Tablet' } });
    const { id, secret } = begun.json<{ id: string; secret: string }>();
    const body = { code: codeOf(secret, Date.now()) };
    const url = `/users/me/factors/totp/${id}/confirm`;
    expect(await answered(() => call({ url, body }))).toBe('session_ended');
  });

  it.each(['code', 'token'] as const)('verifies no address with the %s of a mail', async (member) => {
    await call({ url: '/auth/email/verification', body: { email: person.user.email } });
    const mail = await mailTo(app, person.user.email, 'verification');
    const body = { [member]: mail[member] };
    expect(await answered(() => call({ url: '/auth/email/verify', body }))).toBe('session_ended');
  });
});
