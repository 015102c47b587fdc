import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccountAdministration } from '../../../src/admin/account-administration.js';
import { AuditService } from '../../../src/audit/audit.service.js';
import { internalOrigin, type Origin } from '../../../src/platform/http/origin.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { AccountGuessing } from '../../../src/rate-limit/guessing/account-guessing.js';
import type { PasswordProof, Proof } from '../../../src/sessions/proofs.js';
import { SessionIssuer } from '../../../src/sessions/issuing/session-issuer.js';
import { AuthErrors } from '../../../src/auth/auth.errors.js';
import { logIn, PASSWORD } from '../../support/app/accounts.js';
import { createAccount } from '../../support/app/people.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { setPassword } from '../../support/app/set-password.js';

const ORIGIN: Origin = {
  requestId: 'request',
  ip: '192.0.2.7',
  network: '192.0.2.7',
  userAgent: 'Browser/1',
};

describe('the issuer of sessions', () => {
  let app: TestApp;
  let issuer: SessionIssuer;
  let transactions: TransactionRunner;
  beforeAll(async () => {
    app = await startApp({ variables: { REQUIRE_VERIFIED_EMAIL: 'true' } });
    issuer = app.app.get(SessionIssuer, { strict: false });
    transactions = app.app.get(TransactionRunner, { strict: false });
  });
  afterAll(() => app.close());

  let email: string;
  let userId: string;
  beforeEach(async () => {
    email = await createAccount(app, { verified: true });
    const [row] = await asSuperuser<{ id: string }>(app.database, 'SELECT id FROM users WHERE email = $1', [
      email,
    ]);
    userId = row!.id;
  });

  /** Decides whether the account meets the condition for a session. */
  const verify = (verified: boolean) =>
    asSuperuser(app.database, 'UPDATE users SET email_verified = $2 WHERE id = $1', [userId, verified]);
  const digest = () => app.app.get(AuditService, { strict: false }).emailDigest(email);
  const sessions = () =>
    asSuperuser<Record<string, unknown>>(app.database, 'SELECT * FROM sessions WHERE user_id = $1', [userId]);
  const eventTypes = async () => {
    const rows = await asSuperuser<{ type: string }>(
      app.database,
      `SELECT type FROM audit_events WHERE user_id = $1 AND type <> 'user_created' ORDER BY position, id`,
      [userId],
    );
    return rows.map(({ type }) => type);
  };
  const failures = async () => {
    const [row] = await asSuperuser<{ failures: number }>(
      app.database,
      'SELECT failures FROM login_failures WHERE account_digest = $1',
      [digest()],
    );
    return row?.failures ?? 0;
  };
  const login = (password = PASSWORD) =>
    app.call({ url: '/auth/login', body: { email, password }, headers: { 'user-agent': 'Browser/1' } });
  const password = async (stillHolds = true): Promise<PasswordProof> => ({
    method: 'pwd',
    attempt: await app.app.get(AccountGuessing, { strict: false }).begin(digest(), null),
    stillHolds: async () => stillHolds,
  });
  const key: Proof = { method: 'pop', factor: 'key', userVerified: true, stillHolds: async () => true };
  const issue = async (...proofs: [Proof, ...Proof[]]) => {
    const request = { userId, emailDigest: digest(), deviceId: null, isKnownDevice: false, proofs };
    return transactions.run((tx) => issuer.issue(tx, request, ORIGIN));
  };

  it('stores the proven methods, the time and the client', async () => {
    await issue(await password(), key);
    const [session] = await sessions();
    expect(session).toMatchObject({
      amr: ['pwd', 'pop', 'user', 'mfa'],
      acr: 'aal2',
      generation: 0,
      user_agent: 'Browser/1',
      network: '192.0.2.7',
      rotated_by: null,
    });
    expect(session?.['auth_time']).toEqual(session?.['created_at']);
  });

  it('stores the method of a login by password', async () => {
    await login();
    expect((await sessions()).map(({ amr, acr, user_agent }) => [amr, acr, user_agent])).toEqual([
      [['pwd'], 'aal1', 'Browser/1'],
    ]);
  });

  it('records each event once, with the session', async () => {
    await login('nine crows argue over a roof');
    await login();
    expect(await eventTypes()).toEqual([
      'authn_login_fail',
      'session_created',
      'authn_login_success',
      'authn_login_successafterfail',
    ]);
  });

  it('leaves nothing behind if the transaction is rolled back', async () => {
    const proof = await password();
    const request = { userId, emailDigest: digest(), deviceId: null, isKnownDevice: false } as const;
    const rolledBack = transactions.run(async (tx) => {
      await issuer.issue(tx, { ...request, proofs: [proof] }, ORIGIN);
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    const devices = await asSuperuser(app.database, 'SELECT 1 FROM known_devices WHERE user_id = $1', [
      userId,
    ]);
    expect([await sessions(), await eventTypes(), devices, await failures()]).toEqual([[], [], [], 1]);
  });

  it('issues one session for each of two concurrent logins', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => logIn(app, email)));
    expect(new Set(answers.map(({ session }) => session.id)).size).toBe(8);
    expect(new Set((await sessions()).map(({ device_id }) => device_id)).size).toBe(8);
    const types = await eventTypes();
    expect(types.filter((type) => type === 'session_created')).toHaveLength(8);
    const firsts = await asSuperuser(
      app.database,
      `SELECT 1 FROM audit_events
       WHERE user_id = $1 AND type = 'authn_login_success' AND details->'firstLogin' = 'true'`,
      [userId],
    );
    expect(firsts).toHaveLength(1);
  });

  describe('issues no session', () => {
    const operator = internalOrigin('operator');
    const meanwhile: Record<string, () => Promise<unknown>> = {
      disabled: () => app.app.get(AccountAdministration, { strict: false }).disable(email, operator),
      deleted: () => app.app.get(AccountAdministration, { strict: false }).delete(email, operator),
    };

    it.each(Object.keys(meanwhile))('to an account that was %s after the proof', async (change) => {
      const proof = await password();
      await meanwhile[change]!();
      expect(await issue(proof)).toEqual({ kind: 'outdated' });
      expect(await sessions()).toEqual([]);
    });

    it('for a password that was replaced after it was verified', async () => {
      const proof: Proof = {
        ...(await password()),
        stillHolds: (tx) =>
          tx
            .query('SELECT 1 FROM password_credentials WHERE hash = $1', ['before'])
            .then((rows: unknown[]) => rows.length > 0),
      };
      await setPassword(app, email, '$2b$04$new');
      expect(await issue(proof)).toEqual({ kind: 'outdated' });
    });

    it('if any of several proofs is no longer valid, and resets no failures', async () => {
      const stale = await password(false);
      expect(await issue(key, stale)).toEqual({ kind: 'outdated' });
      expect([await sessions(), await failures()]).toEqual([[], 1]);
    });

    it('while an account does not meet a registered condition, regardless of the proof', async () => {
      await verify(false);
      expect(await issue(key)).toMatchObject({
        kind: 'unmet',
        user: { email },
        condition: 'verified_email',
        problem: AuthErrors.email_unverified,
      });
      expect([await sessions(), await eventTypes()]).toEqual([[], []]);
    });
  });

  describe('checks a registered condition at a login', () => {
    it('which gets the problem as its response, and no session, cookie or token', async () => {
      await verify(false);
      const answer = await login();
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'email_unverified']);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.body).not.toContain('Token');
      expect(await sessions()).toEqual([]);
    });

    it('and neither raises nor resets the count of guesses', async () => {
      await verify(false);
      for (let guess = 0; guess < 3; guess += 1) await login('nine crows argue over a roof');
      await login();
      await login();
      expect(await failures()).toBe(3);
      await verify(true);
      expect((await login()).statusCode).toBe(200);
      expect(await failures()).toBe(0);
    });

    it('even for many concurrent logins', async () => {
      await verify(false);
      const answers = await Promise.all(Array.from({ length: 8 }, () => login()));
      expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 403));
      expect([await failures(), await sessions()]).toEqual([0, []]);
    });

    it('but does not reveal it to a login with a wrong password', async () => {
      await verify(false);
      expect((await login('nine crows argue over a roof')).json().code).toBe('invalid_credentials');
    });

    it('but only after the wait of a guessed account is over', async () => {
      await verify(false);
      for (let guess = 0; guess < 10; guess += 1) await login('nine crows argue over a roof');
      expect((await login()).statusCode).toBe(429);
      expect(await failures()).toBe(10);
    });

    it('and removes the wait that it started as the tenth attempt', async () => {
      for (let guess = 0; guess < 9; guess += 1) await login('nine crows argue over a roof');
      await verify(false);
      expect((await login()).statusCode).toBe(403);
      const [row] = await asSuperuser(
        app.database,
        'SELECT failures, blocked_until FROM login_failures WHERE account_digest = $1',
        [digest()],
      );
      expect(row).toEqual({ failures: 9, blocked_until: null });
    });
  });
});
