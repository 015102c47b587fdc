import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createVerifier, type Verifier } from '../../../packages/verify/src/index.js';
import { createKey } from '../../support/app/api-keys.js';
import { createPerson } from '../../support/app/people.js';
import { clientToken, postForm } from '../../support/app/oauth.js';
import { type Machine, ServiceAccountsOf } from '../../support/app/service-accounts.js';
import { startApp, startBeside, type TestApp } from '../../support/app/test-app.js';
import { PROTECTED_APIS } from '../../support/packages/protected-apis.js';

/** A revocation is listed within a second, and may be known a second later. */
const WITHIN_MS = 2000;

describe('@portcullis/verify, for tokens and keys of programs', () => {
  let app: TestApp;
  let there: TestApp;
  let accounts: ServiceAccountsOf;
  let verifier: Verifier;
  beforeAll(async () => {
    app = await startApp({ listen: true });
    there = await startBeside(app);
    accounts = await ServiceAccountsOf.of(app);
    const { key } = await accounts.create('revocations:read', 'tokens:introspect');
    const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = app.environment;
    verifier = createVerifier({ issuer, audience, url: app.url, revocations: { key, whenStale: 'ask' } });
  });
  afterAll(async () => {
    verifier.close();
    await there.close();
    await app.close();
  });

  const codeOf = async (token: string) =>
    verifier.verify(token).then(
      () => 'accepted',
      (error: { code: string }) => error.code,
    );

  it('says which service account and which scopes a token is of, until it or a scope is taken away', async () => {
    const machine = await accounts.create('orders:read', 'orders:write');
    const revoked = await clientToken(app, machine, 'orders:read');
    expect(await verifier.verify(revoked)).toMatchObject({
      subject: machine.id,
      sessionId: null,
      roles: [],
      scopes: ['orders:read'],
      acr: null,
    });
    await postForm(there, '/oauth/revoke', { token: revoked }, { client: machine });
    await expect.poll(() => codeOf(revoked), { timeout: WITHIN_MS, interval: 30 }).toBe('invalid_token');
    const reduced = await clientToken(there, machine);
    expect(await codeOf(reduced)).toBe('accepted');
    await accounts.change(machine, { scopes: ['orders:read'] });
    await expect.poll(() => codeOf(reduced), { timeout: WITHIN_MS, interval: 30 }).toBe('invalid_token');
    const next = await clientToken(there, machine);
    expect(await verifier.verify(next)).toMatchObject({ scopes: ['orders:read'] });
    await accounts.revokeKey(machine);
    await expect.poll(() => codeOf(next), { timeout: WITHIN_MS, interval: 30 }).toBe('invalid_token');
  });

  it.each(Object.keys(PROTECTED_APIS))(
    'lets in a key that a person gave the scope only where its owner has the role, in %s',
    async (framework) => {
      const api = await PROTECTED_APIS[framework]!(verifier, { roles: ['admin'], scopes: ['orders:read'] });
      onTestFinished(() => api.close());
      const statusOf = async (key: string) =>
        (await fetch(api.url, { headers: { authorization: `Bearer ${key}` } })).status;
      const scopes = ['orders:read'];
      expect(await statusOf((await createKey(app, await createPerson(app), { scopes })).key)).toBe(403);
      const administrator = await createPerson(app, { roles: ['admin'] });
      const { key } = await createKey(app, administrator, { scopes });
      expect(await statusOf(key)).toBe(200);
      expect(await verifier.verify(key)).toMatchObject({ sessionId: null, roles: [], scopes });
      expect(await statusOf((await accounts.create(...scopes)).key)).toBe(200);
    },
  );

  it('asks about keys', async () => {
    const machine: Machine = await accounts.create('orders:read');
    expect(await verifier.verify(machine.key)).toMatchObject({
      subject: machine.id,
      sessionId: null,
      roles: [],
      scopes: ['orders:read'],
    });
    await accounts.revokeKey(machine);
    await expect.poll(() => codeOf(machine.key), { timeout: WITHIN_MS, interval: 30 }).toBe('invalid_token');
  });
});
