import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, type Tokens } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { type Authenticator, codeOf, enrolTotp } from '../support/app/factors.js';
import { beginAuthentication, registerPasskey, type SoftwareAuthenticator } from '../support/app/passkeys.js';
import { createPerson, openSession } from '../support/app/people.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { codeName } from '../support/http/code-name.js';
import { ManualClock } from '../support/time/manual-clock.js';

const STEP_MS = 30_000;
const MINUTE_MS = 60_000;
const BROWSER = { 'user-agent': 'Browser/1' };

type Method = 'password' | 'passkey' | 'totp';

describe('the methods of a refused request', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ clock });
  });
  afterAll(() => app.close());

  let owner: Tokens;
  let phone: Authenticator;
  let key: SoftwareAuthenticator;
  beforeEach(async () => {
    owner = await createPerson(app, { verified: true });
  });

  const signInBy = async (authenticator: SoftwareAuthenticator) => {
    const { challenge, options } = await beginAuthentication(app);
    const response = authenticator.get({ challenge, options });
    const body = { challenge, response, tokenTransport: 'body' };
    return (await app.call({ url: '/auth/passkey', body })).json<Tokens>();
  };
  const remove = async ({ accessToken: token }: Tokens, id: string) => {
    const removed = await app.call({ method: 'DELETE', url: `/users/me/factors/${id}`, token });
    expect(removed.statusCode, removed.body).toBe(204);
  };
  const ask = ({ accessToken: token }: Tokens) =>
    app.call({ url: '/users/me/factors/totp', token, body: {} });
  const stepUp = ({ accessToken: token }: Tokens, body: object) =>
    app.call({ url: '/auth/step-up', token, body, headers: BROWSER });
  const levelOf = async ({ session }: Tokens) => {
    const [row] = await asSuperuser<{ acr: string; amr: string[] }>(
      app.database,
      'SELECT acr, amr FROM sessions WHERE id = $1',
      [session.id],
    );
    return row!;
  };

  const addApp = async () => {
    phone = await enrolTotp(app, owner, clock.nowMs());
  };
  const addKey = async () => {
    key = (await registerPasskey(app, owner)).authenticator;
  };
  const byPassword = async (...additions: (() => Promise<void>)[]) => {
    const session = await openSession(app, owner.user.email);
    for (const add of additions) await add();
    clock.advance(11 * MINUTE_MS);
    return session;
  };
  const byPasskey = async (...additions: (() => Promise<void>)[]) => {
    await addKey();
    const session = await signInBy(key);
    for (const add of additions) await add();
    clock.advance(11 * MINUTE_MS);
    return session;
  };
  const byRemovedPasskey = async (...additions: (() => Promise<void>)[]) => {
    const { authenticator, id } = await registerPasskey(app, owner);
    const session = await signInBy(authenticator);
    for (const add of additions) await add();
    await remove(owner, id);
    return session;
  };

  const proofBy = {
    password: async () => ({ password: PASSWORD }),
    totp: async () => {
      clock.advance(STEP_MS);
      return { method: 'totp', code: phone.codeAt(clock.nowMs()) };
    },
    passkey: async ({ accessToken: token }: Tokens) => {
      const begun = await beginAuthentication(app, { token });
      return { method: 'passkey', challenge: begun.challenge, response: key.get(begun) };
    },
  } satisfies Record<Method, (session: Tokens) => Promise<object>>;

  /** Answers each refusal by the first or the last of the methods that it names; returns them once the request passes. */
  async function follow(session: Tokens, which: 0 | -1): Promise<Method[]> {
    const used: Method[] = [];
    for (let answer = await ask(session); answer.statusCode !== 201; answer = await ask(session)) {
      expect(codeName(answer)).toBe('insufficient_user_authentication');
      const method = answer.json<{ methods: Method[] }>().methods.at(which)!;
      used.push(method);
      expect(used.length).toBeLessThan(4);
      const raised = await stepUp(session, await proofBy[method](session));
      expect(raised.statusCode, raised.body).toBe(200);
    }
    return used;
  }

  it.each<[string, () => Promise<Tokens>, Method[], Method[]]>([
    ['by password, with an app', () => byPassword(addApp), ['totp'], ['totp']],
    ['by password, with a passkey and an app', () => byPassword(addKey, addApp), ['passkey'], ['totp']],
    ['by password', () => byPassword(), ['password'], ['password']],
    ['by passkey', () => byPasskey(), ['passkey'], ['passkey']],
    ['by passkey, with an app', () => byPasskey(addApp), ['passkey'], ['totp']],
    ['by a passkey removed since', () => byRemovedPasskey(), ['password'], ['password']],
    [
      'by a passkey removed since, with an app',
      () => byRemovedPasskey(addApp),
      ['password', 'totp'],
      ['password', 'totp'],
    ],
    [
      'by a passkey removed since, with another',
      () => byRemovedPasskey(addKey),
      ['password', 'passkey'],
      ['passkey'],
    ],
    [
      'by a passkey removed since, with another and an app',
      () => byRemovedPasskey(addKey, addApp),
      ['password', 'passkey'],
      ['passkey'],
    ],
  ])('lead past the refusal in a session opened %s', async (_, open, byFirst, byLast) => {
    expect(await follow(await open(), 0)).toEqual(byFirst);
    owner = await createPerson(app, { verified: true });
    expect(await follow(await open(), -1)).toEqual(byLast);
  });

  it('are the password after an app is confirmed in a session without another proof, which it does not raise', async () => {
    const { authenticator, id } = await registerPasskey(app, owner);
    const session = await signInBy(authenticator);
    const begun = (await ask(session)).json<{ id: string; secret: string }>();
    await remove(session, id);
    expect(await levelOf(session)).toEqual({ acr: 'aal1', amr: [] });
    const body = { code: codeOf(begun.secret, clock.nowMs()) };
    const url = `/users/me/factors/totp/${begun.id}/confirm`;
    expect((await app.call({ url, token: session.accessToken, body })).statusCode).toBe(200);
    expect(await levelOf(session)).toEqual({ acr: 'aal1', amr: ['otp'] });
    expect(await follow(session, 0)).toEqual(['password']);
    expect(await levelOf(session)).toEqual({ acr: 'aal2', amr: ['otp', 'pwd', 'mfa'] });
  });

  it('do not let the password renew an old proof of a second factor', async () => {
    const { authenticator, id } = await registerPasskey(app, owner);
    const session = await signInBy(authenticator);
    await addApp();
    expect((await stepUp(session, await proofBy.totp())).statusCode).toBe(200);
    await remove(owner, id);
    expect(await levelOf(session)).toEqual({ acr: 'aal1', amr: ['otp'] });
    clock.advance(11 * MINUTE_MS);
    expect(await follow(session, 0)).toEqual(['password', 'totp']);
  });

  it('include a passkey for a session without another proof only with a verified user', async () => {
    const session = await byRemovedPasskey(addKey);
    const begun = await beginAuthentication(app, { token: session.accessToken });
    expect(begun.options.userVerification).toBe('required');
    const response = key.get(begun, { userVerified: false });
    const refused = await stepUp(session, { method: 'passkey', challenge: begun.challenge, response });
    expect([refused.statusCode, codeName(refused)]).toEqual([400, 'invalid_passkey']);
    expect(await follow(session, -1)).toEqual(['passkey']);
  });

  it('do not include a code that would not be enough', async () => {
    const session = await byRemovedPasskey(addApp);
    const refused = await stepUp(session, await proofBy.totp());
    expect([codeName(refused), refused.json().methods]).toEqual([
      'insufficient_user_authentication',
      ['password'],
    ]);
    expect(await levelOf(session)).toEqual({ acr: 'aal1', amr: [] });
  });
});
