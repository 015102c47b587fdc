import { beforeEach, describe, expect, it } from 'vitest';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import { PASSWORD, signUpVerified, type Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { beginLogin, enrolTotp, openChallenge } from '../support/app/factors.js';
import { mailTo } from '../support/app/mails.js';
import {
  beginAuthentication,
  beginPasskey,
  type Ceremony,
  type Forgery,
  registerPasskey,
  SoftwareAuthenticator,
} from '../support/app/passkeys.js';
import { cookiesOf } from '../support/app/set-cookie.js';
import { startApp, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { twoInstances } from '../support/app/two-instances.js';
import { type Answer, codeName } from '../support/http/code-name.js';
import { describeWithRedis } from '../support/redis/redis-server.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { claimsOf } from '../support/tokens/claims.js';

const MINUTE_MS = 60_000;
/** The outline of a response. */
const NOTHING = { id: '', response: {} };
const ORIGIN = 'http://localhost:3000';

/** What no browser lets through, or no authenticator signs. */
const FORGERIES: Readonly<Record<string, Forgery>> = {
  'a bogus signature': { signature: Buffer.alloc(70, 1) },
  'no user present': { userPresent: false },
  'another RP id': { rpId: 'evil.example' },
  'another origin': { origin: 'http://evil.example' },
  'an origin that only begins alike': { origin: `${ORIGIN}.evil.example` },
  'another challenge': { challenge: Buffer.alloc(32, 7).toString('base64url') },
  'the other ceremony': { type: 'webauthn.other' },
  'a frame of another site': { crossOrigin: true },
  'a top origin': { topOrigin: 'https://evil.example' },
};

describeWithRedis('passkeys', () => {
  const clock = new ManualClock(Date.now());
  let here: TestApp;
  let there: TestApp;
  twoInstances({ clock }, (one, other) => {
    here = one;
    there = other;
  });

  let owner: Tokens;
  let email: string;
  beforeEach(async () => {
    owner = await createPerson(here, { verified: true });
    ({ email } = owner.user);
  });

  const own = (url: string, request: Omit<TestRequest, 'url'> = {}, token = owner.accessToken) =>
    here.call({ url, token, ...request });
  const register = (begun: Ceremony, response: object, token = owner.accessToken) =>
    own('/users/me/factors/passkeys', { body: { challenge: begun.challenge, response } }, token);
  const signIn = (challenge: string, response: object, app = here, more: object = {}) =>
    app.call({ url: '/auth/passkey', body: { challenge, response, tokenTransport: 'body', ...more } });
  const stepUp = (challenge: string, response: object, token = owner.accessToken) =>
    own('/auth/step-up', { body: { method: 'passkey', challenge, response } }, token);
  const second = (challenge: string, response: object, app = here) =>
    app.call({ url: '/auth/login/factor', body: { challenge, method: 'passkey', response } });
  const list = async () =>
    (await own('/users/me/factors')).json<{
      items: { id: string; type: string }[];
      recoveryCodesLeft: number;
    }>();
  const sql = <Row extends object>(text: string, ...values: unknown[]) =>
    asSuperuser<Row & Record<string, unknown>>(here.database, text, values);
  const events = async (type: string) =>
    sql<{ details: object; reason: string | null }>(
      'SELECT reason, details FROM audit_events WHERE user_id = $1 AND type = $2 ORDER BY position, id',
      owner.user.id,
      type,
    );
  const sessions = () =>
    sql<{ amr: string[]; acr: string }>(
      'SELECT amr, acr FROM sessions WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id',
      owner.user.id,
    );
  const expectOneWinner = (answers: readonly Answer[], losers: readonly string[]) => {
    const names = answers.map(codeName);
    expect(names.filter((name) => typeof name === 'number')).toHaveLength(1);
    expect(
      names.filter(
        (name) => typeof name === 'string' && ![...losers, 'dependency_unavailable'].includes(name),
      ),
    ).toEqual([]);
  };

  describe('are registered', () => {
    it('peer fault 10: by nobody with a mailed link, neither at the beginning nor at the end', async () => {
      owner = await signUpVerified(here);
      ({ email } = owner.user);
      await here.call({ url: '/auth/password/forgot', body: { email } });
      const links = [await mailTo(here, email, 'password_reset'), await mailTo(here, email, 'verification')];
      const begun = await beginPasskey(here, owner);
      for (const { token } of links) {
        expect(token).toMatch(/^[\w-]{43}$/);
        const options = await here.call({
          url: '/users/me/factors/passkeys/options',
          body: {},
          token: token!,
        });
        expect(options.statusCode).toBe(401);
        const response = new SoftwareAuthenticator().create(begun);
        const body = { challenge: token, response };
        expect(codeName(await own('/users/me/factors/passkeys', { body }))).toBe('invalid_challenge');
      }
      expect((await list()).items).toEqual([]);
    });

    it('with recovery codes for the first factor, and are shown without a key', async () => {
      const begun = await beginPasskey(here, owner);
      expect(begun.options).toMatchObject({
        rp: { id: 'localhost', name: 'Portcullis' },
        user: { name: email, id: expect.stringMatching(/^[\w-]{43}$/) },
        attestation: 'none',
        authenticatorSelection: { userVerification: 'preferred' },
        excludeCredentials: [],
      });
      const answer = await own('/users/me/factors/passkeys', {
        body: {
          challenge: begun.challenge,
          name: ' Laptop ',
          response: new SoftwareAuthenticator().create(begun),
        },
      });
      expect([answer.statusCode, answer.headers['cache-control']]).toEqual([201, 'no-store']);
      const { factor, recoveryCodes } = answer.json<{ factor: { id: string }; recoveryCodes: string[] }>();
      expect(recoveryCodes).toHaveLength(10);
      const now = clock.now().toISOString();
      const shown = {
        id: factor.id,
        type: 'passkey',
        name: 'Laptop',
        createdAt: now,
        lastUsedAt: now,
        synced: false,
      };
      expect(factor).toEqual(shown);
      expect(await list()).toEqual({ items: [shown], recoveryCodesLeft: 10, recovery: null });
      expect((await mailTo(here, email, 'factor_added')).text).toContain('Laptop');
      expect(await events('user_factor_added')).toMatchObject([
        { details: { factorId: factor.id, factorType: 'passkey', factors: 1 } },
      ]);
      expect(await sessions()).toEqual([{ amr: ['pwd', 'pop', 'user', 'mfa'], acr: 'aal2' }]);

      const renamed = await own(`/users/me/factors/${factor.id}`, { method: 'PUT', body: { name: 'Desk' } });
      expect(renamed.json()).toEqual({ ...shown, name: 'Desk' });
      const next = await beginPasskey(here, owner);
      expect(next.options.excludeCredentials).toHaveLength(1);
    });

    it('peer fault 31: only by a true response to a fresh challenge of this session', async () => {
      for (const [what, forged] of Object.entries(FORGERIES)) {
        if (what === 'a bogus signature') continue;
        const begun = await beginPasskey(here, owner);
        const answer = await register(begun, new SoftwareAuthenticator().create(begun, forged));
        expect([what, answer.statusCode, codeName(answer)]).toEqual([what, 400, 'invalid_passkey']);
      }
      const begun = await beginPasskey(here, owner);
      const response = new SoftwareAuthenticator().create(begun);
      const stranger = await createPerson(here);
      expect(codeName(await register(begun, response, stranger.accessToken))).toBe('invalid_challenge');
      const login = await here.call({
        url: '/auth/login',
        body: { email, password: PASSWORD, tokenTransport: 'body' },
      });
      const elsewhere = login.json<Tokens>().accessToken;
      expect(codeName(await register(begun, response, elsewhere))).toBe('invalid_challenge');
      const signInChallenge = await beginAuthentication(here);
      expect(codeName(await register({ ...begun, challenge: signInChallenge.challenge }, response))).toBe(
        'invalid_challenge',
      );
      expect(codeName(await register(begun, response))).toBe(201);
      expect(codeName(await register(begun, response))).toBe('invalid_challenge');
      const late = await beginPasskey(here, owner);
      clock.advance(5 * MINUTE_MS);
      expect(codeName(await register(late, new SoftwareAuthenticator().create(late)))).toBe(
        'invalid_challenge',
      );
      for (const nonsense of [NOTHING, { id: 'x', response: { clientDataJSON: 'e30', transports: 7 } }]) {
        const next = await beginPasskey(here, owner);
        expect(codeName(await register(next, nonsense))).toBe('invalid_passkey');
      }
      for (const nonsense of ['x', 7, null, [], {}, { id: 7, response: {} }, { id: 'x', response: [] }]) {
        const next = await beginPasskey(here, owner);
        expect(codeName(await register(next, nonsense as object))).toBe('validation_failed');
      }
    });

    it('peer fault 38: without anything that a certificate of the authenticator says', async () => {
      const certificate = new Uint8Array(64).fill(48);
      for (const fmt of ['packed', 'apple', 'android-key', 'tpm', 'fido-u2f', 'android-safetynet', 'other']) {
        const begun = await beginPasskey(here, owner);
        const attStmt = new Map<string, unknown>([
          ['alg', -7],
          ['sig', new Uint8Array(70)],
          ['x5c', [certificate]],
        ]);
        const answer = await register(
          begun,
          new SoftwareAuthenticator().create(begun, { statement: { fmt, attStmt } }),
        );
        expect([fmt, codeName(answer)]).toEqual([fmt, 'invalid_passkey']);
      }
      expect((await list()).items).toEqual([]);
    });

    it('with an id and a key of the length of real ones', async () => {
      const ORIGIN = 'http://localhost:3000';
      const outcomes = [];
      for (const [authenticator, forged] of [
        [new SoftwareAuthenticator(ORIGIN, 1023), {}],
        [new SoftwareAuthenticator(ORIGIN, 1024), {}],
        [new SoftwareAuthenticator(ORIGIN, 3000), {}],
        [new SoftwareAuthenticator(), { keyPadding: 1000 }],
        [new SoftwareAuthenticator(), { keyPadding: 2000 }],
      ] as const) {
        const begun = await beginPasskey(here, owner);
        outcomes.push(codeName(await register(begun, authenticator.create(begun, forged))));
      }
      expect(outcomes).toEqual([201, 'invalid_passkey', 'invalid_passkey', 201, 'invalid_passkey']);
    });

    it('once, in one account', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      const again = await beginPasskey(here, owner);
      expect(codeName(await register(again, authenticator.create(again)))).toBe('passkey_taken');
      const stranger = await createPerson(here);
      const theirs = await beginPasskey(here, stranger);
      const taken = await register(theirs, authenticator.create(theirs), stranger.accessToken);
      expect([taken.statusCode, codeName(taken)]).toEqual([409, 'passkey_taken']);
    });

    it('peer fault 33: at most 20, whatever races', async () => {
      const { id } = await registerPasskey(here, owner);
      await sql(
        `INSERT INTO passkeys SELECT gen_random_uuid(), user_id, name, gen_random_uuid()::text::bytea, public_key,
           user_handle, row_seal, counter, transports, synced, created_at, last_used_at
         FROM passkeys, generate_series(1, 17) WHERE id = $1`,
        id,
      );
      const stale = await Promise.all(Array.from({ length: 6 }, () => beginPasskey(here, owner)));
      const answers = await Promise.all(
        stale.map((begun) => register(begun, new SoftwareAuthenticator().create(begun))),
      );
      // A registration ends the challenges of the others, which must begin again.
      expect(answers.filter((answer) => answer.statusCode === 201)).toHaveLength(1);
      const last = await beginPasskey(here, owner);
      await sql(
        `INSERT INTO passkeys SELECT gen_random_uuid(), user_id, name, gen_random_uuid()::text::bytea, public_key,
           user_handle, row_seal, counter, transports, synced, created_at, last_used_at FROM passkeys WHERE id = $1`,
        id,
      );
      // With the credentials as they were, the challenge stays valid, and only the insertion can know that the account is full.
      await sql('UPDATE users SET credential_version = credential_version - 1 WHERE id = $1', owner.user.id);
      const full = await register(last, new SoftwareAuthenticator().create(last));
      expect([full.statusCode, codeName(full)]).toEqual([409, 'too_many_factors']);
      expect((await list()).items).toHaveLength(20);
      const options = await own('/users/me/factors/passkeys/options', { body: {} });
      expect([options.statusCode, codeName(options)]).toEqual([409, 'too_many_factors']);
    });

    it('peer fault 32: or removed, only with a recent proof at the level of the account', async () => {
      const { id, authenticator } = await registerPasskey(here, owner);
      clock.advance(11 * MINUTE_MS);
      const attempts: [string, Partial<TestRequest>][] = [
        ['/users/me/factors/passkeys/options', { body: {} }],
        ['/users/me/factors/passkeys', { body: { challenge: 'x', response: NOTHING } }],
        [`/users/me/factors/${id}`, { method: 'DELETE' }],
      ];
      for (const [url, request] of attempts) {
        const refused = await own(url, request);
        expect(codeName(refused)).toBe('insufficient_user_authentication');
        expect(refused.json()).toMatchObject({ methods: ['passkey'] });
      }
      const begun = await beginAuthentication(here, { token: owner.accessToken });
      const proven = await stepUp(begun.challenge, authenticator.get(begun));
      expect(proven.statusCode, proven.body).toBe(200);
      const { accessToken } = proven.json<Tokens>();
      expect(codeName(await own(`/users/me/factors/${id}`, { method: 'DELETE' }, accessToken))).toBe(204);
      expect(await list()).toEqual({ items: [], recoveryCodesLeft: 0, recovery: null });
    });
  });

  describe('without a password', () => {
    it('sign in at aal2, and say nothing about accounts before', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      const begun = await beginAuthentication(here);
      expect(begun.options).toMatchObject({
        rpId: 'localhost',
        userVerification: 'required',
        allowCredentials: [],
      });
      const answer = await signIn(begun.challenge, authenticator.get(begun));
      expect(answer.statusCode, answer.body).toBe(200);
      const tokens = answer.json<Tokens>();
      expect(tokens.user.id).toBe(owner.user.id);
      expect(claimsOf(tokens.accessToken)).toMatchObject({ acr: 'aal2', amr: ['pop', 'user'] });
      const next = await beginAuthentication(here);
      const cookies = await here.call({
        url: '/auth/passkey',
        body: { challenge: next.challenge, response: authenticator.get(next) },
      });
      expect(Object.keys(cookiesOf(cookies)).toSorted()).toEqual(['access_token', 'device', 'refresh_token']);
      expect(JSON.stringify(cookies.json())).not.toMatch(/accessToken":"|refreshToken/);
      expect(await events('authn_login_success')).toHaveLength(3);
    });

    it('peer fault 30: need a verified user', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      const begun = await beginAuthentication(here);
      const answer = await signIn(begun.challenge, authenticator.get(begun, { userVerified: false }));
      expect([answer.statusCode, codeName(answer)]).toEqual([400, 'invalid_passkey']);
      expect(await sessions()).toHaveLength(1);
      expect(await events('authn_factor_fail')).toMatchObject([
        { reason: 'invalid_passkey', details: { method: 'passkey' } },
      ]);
    });

    it('refuse forged responses, which count against no account', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      const other = await registerPasskey(here, await createPerson(here));
      const cases: Record<string, Forgery> = {
        ...FORGERIES,
        'the credential of another account': {
          id: other.authenticator.id,
          userHandle: other.authenticator.userHandle,
        },
        'the user of another account': { userHandle: other.authenticator.userHandle },
        'an unknown credential': { id: 'AAAA' },
      };
      for (const [what, forged] of Object.entries(cases)) {
        const begun = await beginAuthentication(here);
        const answer = await signIn(begun.challenge, authenticator.get(begun, forged));
        expect([what, answer.statusCode, codeName(answer)]).toEqual([what, 400, 'invalid_passkey']);
      }
      expect(await sessions()).toHaveLength(1);
      expect(await sql('SELECT failures FROM login_failures')).toEqual([]);
      expect(await events('authn_passkey_cloned')).toEqual([]);
    });

    it('spend their challenge once, of 16 at once over two instances, and never with a second session', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      for (let round = 0; round < RACE_ROUNDS; round += 1) {
        const begun = await beginAuthentication(here);
        const response = authenticator.get(begun);
        const before = (await sessions()).length;
        const answers = await Promise.all(
          Array.from({ length: 16 }, (_, n) => signIn(begun.challenge, response, n % 2 ? here : there)),
        );
        expectOneWinner(answers, ['invalid_challenge']);
        expect(await sessions()).toHaveLength(before + 1);
        expect(codeName(await signIn(begun.challenge, response))).toBe('invalid_challenge');
      }
      expect(await events('authn_passkey_cloned')).toEqual([]);
    });

    it('take a challenge for five minutes, five attempts and one user agent', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      const late = await beginAuthentication(here);
      clock.advance(5 * MINUTE_MS);
      expect(codeName(await signIn(late.challenge, authenticator.get(late)))).toBe('invalid_challenge');
      const begun = await beginAuthentication(here);
      const stolen = await here.call({
        url: '/auth/passkey',
        body: { challenge: begun.challenge, response: authenticator.get(begun) },
        headers: { 'user-agent': 'Another/1' },
      });
      expect(codeName(stolen)).toBe('invalid_challenge');
      for (let n = 0; n < 5; n += 1)
        expect(
          codeName(await signIn(begun.challenge, authenticator.get(begun, { userVerified: false }))),
        ).toBe('invalid_passkey');
      expect(codeName(await signIn(begun.challenge, authenticator.get(begun)))).toBe('invalid_challenge');
      for (const other of ['', 'x'.repeat(43), owner.refreshToken, 7])
        expect(codeName(await signIn(other as string, authenticator.get(begun)))).toBe('invalid_challenge');
    });

    it('are not held up by strangers who guess the password, and leave their count', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      for (let n = 0; n < 10; n += 1)
        await here.call({ url: '/auth/login', body: { email, password: 'not the password at all' } });
      const failures = await sql('SELECT failures FROM login_failures');
      const begun = await beginAuthentication(here);
      expect(codeName(await signIn(begun.challenge, authenticator.get(begun)))).toBe(200);
      expect(await sql('SELECT failures FROM login_failures')).toEqual(failures);
      await sql('DELETE FROM login_failures');
    });

    it('give a disabled account nothing', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      await sql('UPDATE users SET disabled_at = now() WHERE id = $1', owner.user.id);
      const begun = await beginAuthentication(here);
      expect(codeName(await signIn(begun.challenge, authenticator.get(begun)))).toBe('invalid_passkey');
    });

    it('accept no key that was written into the database', async () => {
      const mine = await registerPasskey(here, owner);
      const thief = await createPerson(here);
      const theirs = await registerPasskey(here, thief);
      await sql('UPDATE passkeys SET user_id = $1 WHERE id = $2', owner.user.id, theirs.id);
      await sql(
        `UPDATE passkeys SET public_key = (SELECT public_key FROM passkeys WHERE id = $1) WHERE id = $2`,
        theirs.id,
        mine.id,
      );
      const begun = await beginAuthentication(here);
      expect(codeName(await signIn(begun.challenge, theirs.authenticator.get(begun)))).toBe(
        'invalid_passkey',
      );
      const next = await beginAuthentication(here);
      const swapped = theirs.authenticator.get(next, { id: mine.authenticator.id, userHandle: null });
      expect(codeName(await signIn(next.challenge, swapped))).toBe('invalid_passkey');
    });
  });

  describe('that may have been copied', () => {
    it('are refused when their counter does not rise, and raise an event that alerts', async () => {
      const { authenticator, id } = await registerPasskey(here, owner);
      const use = async (counter: number) => {
        const begun = await beginAuthentication(here);
        return codeName(await signIn(begun.challenge, authenticator.get(begun, { counter })));
      };
      expect(await use(5)).toBe(200);
      expect(await use(9)).toBe(200);
      for (const counter of [9, 8, 0]) expect(await use(counter)).toBe('invalid_passkey');
      expect(await use(10)).toBe(200);
      expect(await events('authn_passkey_cloned')).toMatchObject(
        [9, 8, 0].map((counter) => ({
          reason: 'invalid_passkey',
          details: { factorId: id, counter, storedCounter: 9 },
        })),
      );
    });

    it('are not suspected where the authenticator does not count', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      for (let n = 0; n < 3; n += 1) {
        const begun = await beginAuthentication(here);
        expect(codeName(await signIn(begun.challenge, authenticator.get(begun, { counter: 0 })))).toBe(200);
      }
    });
  });

  describe('as the second factor of a login', () => {
    it('come before codes, are asked for with the challenge of the login, and need no verified user', async () => {
      const app = await enrolTotp(here, owner, clock.nowMs());
      const { authenticator } = await registerPasskey(here, owner);
      const { token, methods } = await beginLogin(here, email, PASSWORD);
      expect(methods).toEqual(['passkey', 'totp', 'recovery_code']);
      const begun = await beginAuthentication(here, { challenge: token });
      expect(begun.challenge).toBe(token);
      expect(begun.options).toMatchObject({
        userVerification: 'preferred',
        allowCredentials: [{ id: authenticator.id, transports: ['internal'] }],
      });
      const answer = await second(token, authenticator.get(begun, { userVerified: false }));
      expect(answer.statusCode, answer.body).toBe(200);
      expect(claimsOf(answer.json<Tokens>().accessToken)).toMatchObject({
        acr: 'aal2',
        amr: ['pwd', 'pop', 'mfa'],
      });
      expect(codeName(await second(token, authenticator.get(begun)))).toBe('invalid_challenge');
      expect(app.recoveryCodes).toHaveLength(10);
    });

    it('refuse forged responses and those of other accounts, which raise no count', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      const other = await registerPasskey(here, await createPerson(here));
      const forged = Object.entries(FORGERIES).map(
        ([what, forgery]) => [what, (begun: Ceremony) => authenticator.get(begun, forgery)] as const,
      );
      const cases = [
        ...forged,
        ['another account', (begun: Ceremony) => other.authenticator.get(begun)] as const,
      ];
      for (const [what, respond] of cases) {
        const { token } = await openChallenge(here, owner);
        const begun = await beginAuthentication(here, { challenge: token });
        expect([what, codeName(await second(token, respond(begun)))]).toEqual([what, 'invalid_passkey']);
      }
      expect(await sessions()).toHaveLength(1);
      expect(await sql('SELECT failures FROM login_failures WHERE failures > 0')).toEqual([]);
      expect((await events('authn_factor_fail')).length).toBe(cases.length);
    });

    it('have no options for a dead challenge, or for an account without passkeys', async () => {
      const optionsOf = (challenge: unknown) =>
        here.call({ url: '/auth/passkey/options', body: { challenge } });
      for (const dead of ['', 'x'.repeat(43), owner.refreshToken, 7])
        expect(codeName(await optionsOf(dead))).toBe('invalid_challenge');
      await enrolTotp(here, owner, clock.nowMs());
      const { token } = await beginLogin(here, email, PASSWORD);
      expect(codeName(await optionsOf(token))).toBe('invalid_passkey');
      await registerPasskey(here, owner);
      expect(codeName(await optionsOf(token))).toBe('invalid_challenge');
      const fresh = await beginLogin(here, email, PASSWORD);
      clock.advance(5 * MINUTE_MS);
      expect(codeName(await optionsOf(fresh.token))).toBe('invalid_challenge');
    });

    it('make one session of 16 uses at once', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      for (let round = 0; round < RACE_ROUNDS; round += 1) {
        const { token } = await openChallenge(here, owner);
        const begun = await beginAuthentication(here, { challenge: token });
        const response = authenticator.get(begun);
        const before = (await sessions()).length;
        const answers = await Promise.all(
          Array.from({ length: 16 }, (_, n) => second(token, response, n % 2 ? here : there)),
        );
        expectOneWinner(answers, ['invalid_challenge', 'rate_limited']);
        expect(await sessions()).toHaveLength(before + 1);
      }
    });
  });

  describe('as a step-up', () => {
    it('peer fault 37: renew the tokens of the session, and make none', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      const before = await sessions();
      clock.advance(11 * MINUTE_MS);
      const begun = await beginAuthentication(here, { token: owner.accessToken });
      expect(begun.options).toMatchObject({ allowCredentials: [{ id: authenticator.id }] });
      const answer = await stepUp(begun.challenge, authenticator.get(begun));
      expect(answer.statusCode, answer.body).toBe(200);
      const tokens = answer.json<Tokens>();
      expect(tokens.session.id).toBe(owner.session.id);
      expect(claimsOf(tokens.accessToken)['auth_time']).toBe(Math.floor(clock.nowMs() / 1000));
      expect(await sessions()).toHaveLength(before.length);
      expect(codeName(await stepUp(begun.challenge, authenticator.get(begun), tokens.accessToken))).toBe(
        'invalid_challenge',
      );
    });

    it('are refused for challenges of others, forged responses and accounts without one', async () => {
      const none = await own('/auth/passkey/options', { body: {} });
      expect([codeName(none), none.json<{ methods: string[] }>().methods]).toEqual([
        'insufficient_user_authentication',
        ['password'],
      ]);
      const { authenticator } = await registerPasskey(here, owner);
      const stranger = await createPerson(here);
      const theirs = await registerPasskey(here, stranger);
      const foreign = await beginAuthentication(here, { token: stranger.accessToken });
      expect(codeName(await stepUp(foreign.challenge, authenticator.get(foreign)))).toBe('invalid_challenge');
      const ofSignIn = await beginAuthentication(here);
      expect(codeName(await stepUp(ofSignIn.challenge, authenticator.get(ofSignIn)))).toBe(
        'invalid_challenge',
      );
      for (const [what, forged] of Object.entries(FORGERIES)) {
        const begun = await beginAuthentication(here, { token: owner.accessToken });
        const answer = await stepUp(begun.challenge, authenticator.get(begun, forged));
        expect([what, codeName(answer)]).toEqual([what, 'invalid_passkey']);
      }
      const begun = await beginAuthentication(here, { token: owner.accessToken });
      expect(codeName(await stepUp(begun.challenge, theirs.authenticator.get(begun)))).toBe(
        'invalid_passkey',
      );
      const ofStepUp = await beginAuthentication(here, { token: owner.accessToken });
      expect(codeName(await signIn(ofStepUp.challenge, authenticator.get(ofStepUp)))).toBe(
        'invalid_challenge',
      );
    });
  });

  describe('when one is removed', () => {
    it('peer fault 34: sessions keep only what another factor has proven', async () => {
      const app = await enrolTotp(here, owner, clock.nowMs());
      const { authenticator, id } = await registerPasskey(here, owner);
      const begun = await beginAuthentication(here);
      await signIn(begun.challenge, authenticator.get(begun));
      expect(await sessions()).toEqual([
        { amr: ['pwd', 'otp', 'pop', 'user', 'mfa'], acr: 'aal2' },
        { amr: ['pop', 'user'], acr: 'aal2' },
      ]);
      const later = await beginLogin(here, email, PASSWORD);
      expect(codeName(await own(`/users/me/factors/${id}`, { method: 'DELETE' }))).toBe(204);
      expect(await sessions()).toEqual([
        { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' },
        { amr: [], acr: 'aal1' },
      ]);
      const dead = await here.call({ url: '/auth/passkey/options', body: { challenge: later.token } });
      expect(codeName(dead)).toBe('invalid_challenge');
      const again = await beginAuthentication(here);
      expect(codeName(await signIn(again.challenge, authenticator.get(again)))).toBe('invalid_passkey');
      expect((await mailTo(here, email, 'factor_removed')).text).toContain('Laptop');
      expect(await events('user_factor_removed')).toMatchObject([
        { details: { factorType: 'passkey', factors: 1 } },
      ]);
      expect((await list()).items).toMatchObject([{ id: app.id, type: 'totp' }]);
    });

    it('peer fault 35: or its account is deleted, nothing of it is left', async () => {
      const { authenticator } = await registerPasskey(here, owner);
      await sql('DELETE FROM users WHERE id = $1', owner.user.id);
      expect(await sql('SELECT id FROM passkeys WHERE user_id = $1', owner.user.id)).toEqual([]);
      const begun = await beginAuthentication(here);
      expect(codeName(await signIn(begun.challenge, authenticator.get(begun)))).toBe('invalid_passkey');
    });
  });

  it('leave no challenge in the database in clear', async () => {
    await registerPasskey(here, owner);
    const { token } = await beginLogin(here, email, PASSWORD);
    const ceremonies = [
      await beginPasskey(here, owner),
      await beginAuthentication(here),
      await beginAuthentication(here, { token: owner.accessToken }),
      await beginAuthentication(here, { challenge: token }),
    ];
    const rows = await sql<{ row: string }>('SELECT s::text AS row FROM single_use_secrets AS s');
    const dump = rows.map(({ row }) => row).join('\n');
    expect(rows.length).toBeGreaterThanOrEqual(4);
    for (const { challenge, options } of ceremonies)
      for (const secret of [challenge, options.challenge]) {
        expect(dump).not.toContain(secret);
        expect(dump).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
      }
  });
});

describe('the pages that may use passkeys', () => {
  it('are those of PUBLIC_URL and of CORS_ORIGINS under the RP id', async () => {
    const app = await startApp({
      variables: {
        PUBLIC_URL: 'https://auth.example.org',
        PASSKEY_RP_ID: 'example.org',
        CORS_ORIGINS: 'https://app.example.org,https://example.net',
      },
    });
    try {
      const session = await createPerson(app);
      const from = async (origin: string) => {
        const begun = await beginPasskey(app, session);
        const response = new SoftwareAuthenticator(origin).create(begun);
        const body = { challenge: begun.challenge, response };
        return codeName(
          await app.call({ url: '/users/me/factors/passkeys', token: session.accessToken, body }),
        );
      };
      expect(await from('https://auth.example.org')).toBe(201);
      expect(await from('https://app.example.org')).toBe(201);
      for (const origin of [
        'https://example.net',
        'https://other.example.org',
        'http://app.example.org',
        'null',
      ])
        expect([origin, await from(origin)]).toEqual([origin, 'invalid_passkey']);
    } finally {
      await app.close();
    }
  });

  it('do not exist where PUBLIC_URL is an IP address', async () => {
    const app = await startApp({ variables: { PUBLIC_URL: 'http://192.0.2.7:3000' } });
    try {
      const answer = await app.call({ url: '/auth/passkey/options', body: {} });
      expect([answer.statusCode, codeName(answer)]).toEqual([503, 'passkeys_unavailable']);
      const { accessToken } = await createPerson(app);
      const options = await app.call({
        url: '/users/me/factors/passkeys/options',
        token: accessToken,
        body: {},
      });
      expect(codeName(options)).toBe('passkeys_unavailable');
    } finally {
      await app.close();
    }
  });
});

describe('the policy of passkeys', () => {
  it('limits a client address over both public routes', async () => {
    const app = await startApp({ variables: { RATE_LIMIT_PASSKEY: '4/60' } });
    try {
      const begun = await beginAuthentication(app);
      await beginAuthentication(app);
      const use = () =>
        app.call({ url: '/auth/passkey', body: { challenge: begun.challenge, response: NOTHING } });
      expect([codeName(await use()), codeName(await use())]).toEqual(['invalid_passkey', 'invalid_passkey']);
      const limited = await use();
      expect([limited.statusCode, limited.json<Record<string, unknown>>()['violated-policies']]).toEqual([
        429,
        ['passkey'],
      ]);
      expect((await app.call({ url: '/auth/passkey/options', body: {} })).statusCode).toBe(429);
    } finally {
      await app.close();
    }
  });
});
