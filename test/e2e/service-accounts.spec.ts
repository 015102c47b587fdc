import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import type { NewKey } from '../support/app/api-keys.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, startBeside, type TestApp, type TestRequest } from '../support/app/test-app.js';

/** The bound within which a change reaches every instance, milliseconds. */
const WITHIN_MS = 1000;

interface Account {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly disabled: boolean;
  readonly createdAt: string;
}

describe('service accounts', () => {
  let here: TestApp;
  let there: TestApp;
  let administrator: Tokens;
  beforeAll(async () => {
    here = await startApp({ listen: true });
    there = await startBeside(here);
    administrator = await createPerson(here, { roles: ['admin'] });
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  const PATH = '/admin/service-accounts';
  const admin = (url: string, request: Omit<TestRequest, 'url'> = {}, app = here) =>
    app.call({ url: `${PATH}${url}`, token: administrator.accessToken, ...request });
  const call = (key: string, url: string, app = here) => app.call({ url, token: key });
  const code = (answer: { statusCode: number; json: () => { code?: string } }) =>
    answer.statusCode < 400 ? String(answer.statusCode) : String(answer.json().code);
  const create = async (scopes = ['audit:read', 'alerts:read']) =>
    (await admin('', { body: { name: 'Reports', scopes } })).json<Account>();
  const keyOf = async ({ id }: Account, scopes = ['audit:read']) => {
    const answer = await admin(`/${id}/api-keys`, { body: { name: 'CI', scopes } });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json<NewKey>();
  };
  const expectEverywhere = async (key: string, expected: string, url = '/audit/seals') => {
    for (const app of [here, there])
      await expect
        .poll(async () => code(await call(key, url, app)), { timeout: WITHIN_MS, interval: 30 })
        .toBe(expected);
  };

  let account: Account;
  let made: NewKey;
  beforeEach(async () => {
    account = await create();
    made = await keyOf(account);
  });

  it('are managed by administrators only, and never with a key', async () => {
    const stranger = await createPerson(here);
    for (const token of [stranger.accessToken, made.key])
      for (const url of [PATH, `${PATH}/${account.id}`, `${PATH}/${account.id}/api-keys`])
        expect(code(await here.call({ url, token }))).toBe('forbidden');
    const body = { name: 'x', scopes: ['a:b'] };
    expect(code(await here.call({ url: `${PATH}/${account.id}/api-keys`, token: made.key, body }))).toBe(
      'forbidden',
    );
    expect(code(await admin('/nothing'))).toBe('not_found');
    expect(code(await admin(`/${made.id}/api-keys`, { body }))).toBe('not_found');
    expect(code(await admin('?cursor=nothing'))).toBe('validation_failed');
    expect(code(await admin('', { body: { name: 'x', scopes: [] } }))).toBe('validation_failed');
  });

  it('are listed newest first, a page at a time', async () => {
    const newer = await create();
    const first = (await admin('?limit=1')).json<{ items: Account[]; nextCursor: string }>();
    expect(first.items).toEqual([newer]);
    const second = (await admin(`?limit=1&cursor=${first.nextCursor}`)).json<{ items: Account[] }>();
    expect(second.items).toEqual([account]);
    expect((await admin(`/${account.id}`)).json()).toEqual(account);
  });

  it('have keys that act with the scopes of both, and rotate as those of people', async () => {
    expect(made.key).toMatch(/^ptc_s_[0-9A-Za-z]{38}$/);
    const wide = await keyOf(account, ['audit:read', 'users:read', 'orders:read']);
    await expectEverywhere(wide.key, '200');
    await expectEverywhere(wide.key, 'forbidden', '/alerts');
    const rotated = await admin(`/${account.id}/api-keys/${wide.id}/rotation`, { method: 'POST' });
    expect(rotated.json<NewKey>().scopes).toEqual(wide.scopes);
    await expectEverywhere(rotated.json<NewKey>().key, '200');
    const { items } = (await admin(`/${account.id}/api-keys`)).json<{ items: NewKey[] }>();
    expect(items.map(({ id }) => id)).toEqual([rotated.json<NewKey>().id, wide.id, made.id]);
    expect(items.some((item) => 'key' in item)).toBe(false);
  });

  it('lose scopes, are disabled and deleted within a second, on every instance, and come back', async () => {
    await expectEverywhere(made.key, '200');
    const change = (body: object) => admin(`/${account.id}`, { method: 'PATCH', body });
    expect((await change({ scopes: ['alerts:read'] })).json()).toEqual({
      ...account,
      scopes: ['alerts:read'],
    });
    await expectEverywhere(made.key, 'forbidden');
    await change({ scopes: ['audit:read'] });
    await expectEverywhere(made.key, '200');
    expect((await change({ disabled: true })).json()).toMatchObject({ disabled: true });
    await expectEverywhere(made.key, 'invalid_token');
    await change({ disabled: false, name: 'Renamed' });
    await expectEverywhere(made.key, '200');
    const other = await keyOf(account);
    await expectEverywhere(other.key, '200');
    expect((await admin(`/${account.id}/api-keys/${other.id}`, { method: 'DELETE' })).statusCode).toBe(204);
    await expectEverywhere(other.key, 'invalid_token');
    expect((await admin(`/${account.id}`, { method: 'DELETE' })).statusCode).toBe(204);
    await expectEverywhere(made.key, 'invalid_token');
    expect(code(await admin(`/${account.id}`))).toBe('not_found');
  });

  it('are recorded with the administrator and without a user', async () => {
    await admin(`/${account.id}`, { method: 'PATCH', body: { disabled: true } });
    await admin(`/${account.id}`, { method: 'PATCH', body: { disabled: true } });
    await admin(`/${account.id}`, { method: 'DELETE' });
    const events = await asSuperuser<{ type: string; user_id: string | null; actor: string }>(
      here.database,
      `SELECT type, user_id, details->>'actorId' AS actor FROM audit_events
        WHERE details->>'serviceAccountId' = $1 ORDER BY position, id`,
      [account.id],
    );
    expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set([administrator.user.id]));
    expect(events.every(({ user_id }) => user_id === null)).toBe(true);
    expect(events.map(({ type }) => type)).toEqual([
      'service_account_created',
      'api_key_created',
      'service_account_updated',
      'api_key_revoked',
      'service_account_deleted',
    ]);
  });

  it('are recorded with the reason that the administrator gave', async () => {
    const headers = { 'audit-reason': 'Ticket 4711: the supplier has changed' };
    const { id } = (
      await admin('', { body: { name: 'Supplier', scopes: ['a:b'] }, headers })
    ).json<Account>();
    const keys = `/${id}/api-keys`;
    const first = await admin(keys, { body: { name: 'CI', scopes: ['a:b'] }, headers });
    const rotation = { method: 'POST', headers } as const;
    const second = await admin(`${keys}/${first.json<NewKey>().id}/rotation`, rotation);
    await admin(`${keys}/${second.json<NewKey>().id}`, { method: 'DELETE', headers });
    await admin(`/${id}`, { method: 'PATCH', body: { name: 'Former supplier' }, headers });
    await admin(`/${id}`, { method: 'DELETE', headers });
    const events = await asSuperuser<{ type: string; reason: string }>(
      here.database,
      `SELECT type, details->>'auditReason' AS reason FROM audit_events
        WHERE details->>'serviceAccountId' = $1 ORDER BY position, id`,
      [id],
    );
    expect(new Set(events.map(({ reason }) => reason))).toEqual(new Set([headers['audit-reason']]));
    expect(new Set(events.map(({ type }) => type)).size).toBe(6);
    const refused = await admin('', {
      body: { name: 'x', scopes: ['a:b'] },
      headers: { 'audit-reason': 'x'.repeat(501) },
    });
    expect(code(refused)).toBe('validation_failed');
  });

  it.each([
    ['its key', () => admin(`/${account.id}/api-keys/${made.id}`, { method: 'DELETE' })],
    ['the scope', () => admin(`/${account.id}`, { method: 'PATCH', body: { scopes: ['alerts:read'] } })],
    ['the account', () => admin(`/${account.id}`, { method: 'DELETE' }, there)],
  ])('read the stream of the trail until a second after the end of %s', async (_, end) => {
    const headers = { authorization: `Bearer ${made.key}` };
    const response = await fetch(`${here.url}/audit/stream`, { headers });
    expect(response.status).toBe(200);
    const ended = response.text().then(() => performance.now());
    await end();
    const revokedMs = performance.now();
    expect((await ended) - revokedMs).toBeLessThan(1500);
  });
});
