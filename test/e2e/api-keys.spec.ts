import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { beforeEach, expect, it, vi } from 'vitest';
import { AccountAccess } from '../../src/admin/account-access.js';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { KeyLookUpRepository } from '../../src/machines/keys/key-look-up.repository.js';
import { KeyUse } from '../../src/machines/keys/key-use.js';
import { KeySchedule } from '../../src/machines/keys/key-schedule.js';
import { newKey } from '../../src/machines/keys/key-format.js';
import type { Role } from '../../src/platform/access/principal.js';
import { SystemRandomness } from '../../src/platform/crypto/randomness.js';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { declaredRoutes } from '../../src/platform/http/routes/route-walk.js';
import { AddressBlocks } from '../../src/rate-limit/blocks/address-blocks.js';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import type { Tokens } from '../support/app/accounts.js';
import { createAccount, createPerson, openSession } from '../support/app/people.js';
import { createKey, type NewKey } from '../support/app/api-keys.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { mailsTo, outboxIsEmpty } from '../support/app/mails.js';
import { type TestApp, type TestRequest } from '../support/app/test-app.js';
import { twoInstances } from '../support/app/two-instances.js';
import { describeWithRedis } from '../support/redis/redis-server.js';
import { ManualClock } from '../support/time/manual-clock.js';

const DAY_MS = 86_400_000;
const ORIGIN = internalOrigin('a-test-of-api-keys');
const EVERY_SCOPE = [
  'audit:read',
  'alerts:read',
  'alerts:write',
  'users:read',
  'users:write',
  'revocations:read',
  'tokens:introspect',
  'tokens:revoke',
];

/** The bound within which a key that has ended is refused everywhere, milliseconds. */
const DEAD_WITHIN_MS = 1000;

describeWithRedis('API keys', () => {
  const clock = new ManualClock(Date.now());
  let here: TestApp;
  let there: TestApp;
  twoInstances({ clock, variables: { RATE_LIMIT_KEY: '100/60' } }, (one, other) => {
    here = one;
    there = other;
  });

  let email: string;
  let owner: Tokens;
  beforeEach(async () => {
    owner = await createPerson(here);
    ({ email } = owner.user);
  });

  const administration = (app = here) => app.app.get(AccountAdministration, { strict: false });
  /** Gives the owner roles, and signs in again because that ended the session. */
  const promote = async (...roles: Role[]) => {
    await administration().setRoles(email, roles, ORIGIN);
    owner = await openSession(here, email);
  };
  const call = (key: string, url: string, request: Omit<TestRequest, 'url'> = {}, app = here) =>
    app.call({ url, token: key, ...request });
  const own = (url: string, request: Omit<TestRequest, 'url'> = {}, app = here) =>
    call(owner.accessToken, `/users/me/api-keys${url}`, request, app);
  const listed = async () => (await own('')).json<{ items: NewKey[] }>().items;
  const code = (answer: { statusCode: number; json: () => { code?: string } }) =>
    answer.statusCode < 400 ? String(answer.statusCode) : String(answer.json().code);
  const expectDeadEverywhere = async (key: string, expected = 'invalid_token') => {
    for (const app of [here, there])
      await expect
        .poll(async () => code(await call(key, '/audit/seals', {}, app)), {
          timeout: DEAD_WITHIN_MS,
          interval: 30,
        })
        .toBe(expected);
  };
  const expectAlive = async (key: string) => {
    for (const app of [here, there]) expect(code(await call(key, '/audit/seals', {}, app))).toBe('200');
  };
  const recorded = (requestId: unknown) =>
    asSuperuser<{ type: string; reason: string; user_id: string | null; details: Record<string, unknown> }>(
      here.database,
      'SELECT type, reason, user_id, details FROM audit_events WHERE request_id = $1',
      [requestId],
    );

  it('are shown once, listed without the key, and let in by their scope for as long as the role lasts', async () => {
    await promote('auditor');
    const made = await createKey(here, owner, { scopes: ['audit:read', 'orders:read'], expiresInDays: 30 });
    expect(made.key).toMatch(/^ptc_u_[0-9A-Za-z]{38}$/);
    expect(made.hint).toBe(made.key.slice(0, 10));
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(30 * DAY_MS);
    const { key, ...shown } = made;
    expect(await listed()).toEqual([shown]);
    await expectAlive(key);
    const refused = await call(key, '/alerts');
    expect([code(refused), refused.headers['www-authenticate']]).toEqual([
      'forbidden',
      'Bearer error="insufficient_scope", scope="alerts:read"',
    ]);
    const used = await listed();
    expect(used[0]!.lastUsedAt).toBe(clock.now().toISOString());
  });

  it('are validated', async () => {
    const bodies = [
      {},
      { name: '', scopes: ['a:b'] },
      { name: 'x'.repeat(81), scopes: ['a:b'] },
      { name: 'x', scopes: [] },
      { name: 'x', scopes: ['a:b', 'a:b'] },
      { name: 'x', scopes: Array.from({ length: 31 }, (_, n) => `area:verb${n}`) },
      ...[
        'audit',
        'audit:',
        'Audit:read',
        'audit:read ',
        '1a:b',
        `${'a'.repeat(33)}:b`,
        'a:b:c',
        '*',
        7,
        null,
      ].map((scope) => ({ name: 'x', scopes: [scope] })),
      ...[0, 367, 1.5, '90'].map((expiresInDays) => ({ name: 'x', scopes: ['a:b'], expiresInDays })),
      { name: 'x', scopes: ['a:b'], userId: owner.user.id },
    ];
    for (const body of bodies)
      expect([body, code(await own('', { body }))]).toEqual([body, 'validation_failed']);
    expect(await listed()).toEqual([]);
    const longest = await createKey(here, owner, { scopes: [`${'a'.repeat(32)}:b_-9`], expiresInDays: 366 });
    expect(longest.scopes).toHaveLength(1);
    const usual = await createKey(here, owner, { expiresInDays: null });
    expect(Date.parse(usual.expiresAt) - Date.parse(usual.createdAt)).toBe(90 * DAY_MS);
  });

  it('open the routes that name one of their scopes and no other: peer fault 56: a key makes no keys and enrols no factor', async () => {
    await promote('admin');
    const { key } = await createKey(here, owner, { scopes: EVERY_SCOPE });
    const routes = declaredRoutes(here.app.get(DiscoveryService), here.app.get(MetadataScanner)).filter(
      ({ access, path }) => ['signed-in', 'roles'].includes(access?.kind ?? '') && path !== '/audit/stream',
    );
    expect(routes.length).toBeGreaterThan(20);
    for (const { method, path, scope } of routes) {
      const url = path.replaceAll(/:\w+/g, '0197a1b2-0000-7000-8000-000000000001');
      const answer = await call(key, url, { method: method as 'GET' });
      const expected = scope === undefined ? [403] : [200, 400, 404];
      expect(expected, `${method} ${path}: ${answer.statusCode} ${answer.body.slice(0, 300)}`).toContain(
        answer.statusCode,
      );
    }
    await createKey(here, owner);
    expect(code(await call(key, '/users/me/api-keys', { body: { name: 'x', scopes: ['a:b'] } }))).toBe(
      'forbidden',
    );
    expect(code(await call(key, '/users/me/factors/totp', { body: {} }))).toBe('forbidden');
    expect(await listed()).toHaveLength(2);
  }, 30_000);

  it('are refused alike when they are unknown, revoked, expired or of nobody, and forged if the checksum is wrong', async () => {
    await promote('auditor');
    const [revoked, expired] = [
      await createKey(here, owner),
      await createKey(here, owner, { expiresInDays: 1 }),
    ];
    expect((await own(`/${revoked.id}`, { method: 'DELETE' })).statusCode).toBe(204);
    expect(code(await own(`/${revoked.id}`, { method: 'DELETE' }))).toBe('not_found');
    await asSuperuser(here.database, `UPDATE api_keys SET expires_at = $2 WHERE id = $1`, [
      expired.id,
      clock.now(),
    ]);
    const unknown = newKey('user', new SystemRandomness());
    const wrong = unknown.slice(0, -1) + (unknown.endsWith('0') ? '1' : '0');
    const bodies = new Set<string>();
    for (const [key, reason, keyId] of [
      [revoked.key, 'revoked', revoked.id],
      [expired.key, 'expired', expired.id],
      [unknown, 'unknown_key', undefined],
      [wrong, 'bad_signature', undefined],
      [`ptc_u_${'x'.repeat(500)}`, 'bad_signature', undefined],
    ] as const) {
      const answer = await call(key, '/audit/seals');
      expect([key.slice(0, 6), code(answer), answer.headers['www-authenticate']]).toEqual([
        'ptc_u_',
        'invalid_token',
        'Bearer error="invalid_token"',
      ]);
      const { requestId, ...body } = answer.json<{ requestId: string }>();
      bodies.add(JSON.stringify(body));
      await expect.poll(() => recorded(requestId)).toMatchObject([{ type: 'authn_token_invalid', reason }]);
      const [event] = await recorded(requestId);
      expect(event!.details).toMatchObject({ forged: reason === 'bad_signature' });
      expect(event!.details['keyId']).toBe(keyId);
      expect(event!.user_id).toBe(keyId === undefined ? null : owner.user.id);
      await expect
        .poll(() =>
          asSuperuser(here.database, 'SELECT user_id FROM audit_calls WHERE request_id = $1', [requestId]),
        )
        .toEqual([{ user_id: event!.user_id }]);
    }
    expect(bodies.size).toBe(1);
  });

  it('rotate: of 16 at once over two instances one wins, and the old key lives on for a day', async () => {
    await promote('auditor');
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const old = await createKey(here, owner, {
        name: 'Rotated',
        scopes: ['audit:read', 'a:b'],
        expiresInDays: 10,
      });
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, n) =>
          own(`/${old.id}/rotation`, { method: 'POST' }, n % 2 === 0 ? here : there),
        ),
      );
      const codes = answers.map(code).toSorted();
      expect(codes.filter((one) => one === '201')).toHaveLength(1);
      expect(
        codes.filter((one) => !['201', 'key_already_rotated', 'dependency_unavailable'].includes(one)),
      ).toEqual([]);
      const next = answers.find(({ statusCode }) => statusCode === 201)!.json<NewKey>();
      expect(next).toMatchObject({ name: 'Rotated', scopes: ['audit:read', 'a:b'], lastUsedAt: null });
      expect(Date.parse(next.expiresAt) - Date.parse(next.createdAt)).toBe(10 * DAY_MS);
      await expectAlive(old.key);
      await expectAlive(next.key);
      const kept = (await listed()).find(({ id }) => id === old.id)!;
      expect(Date.parse(kept.expiresAt) - clock.nowMs()).toBe(DAY_MS);
      expect((await own('', { method: 'DELETE' })).statusCode).toBe(204);
      await expectDeadEverywhere(old.key);
      await expectDeadEverywhere(next.key);
    }
  }, 30_000);

  it('peer fault 41: a revoked or rotated key brings no new one', async () => {
    const { id } = await createKey(here, owner);
    expect((await own(`/${id}/rotation`, { method: 'POST' })).statusCode).toBe(201);
    expect(code(await own(`/${id}/rotation`, { method: 'POST' }, there))).toBe('key_already_rotated');
    expect((await own(`/${id}`, { method: 'DELETE' })).statusCode).toBe(204);
    expect(code(await own(`/${id}/rotation`, { method: 'POST' }, there))).toBe('not_found');
    expect(await listed()).toHaveLength(1);
  });

  it('belong to their owner: those of somebody else do not exist', async () => {
    const { id } = await createKey(here, owner);
    const stranger = await createPerson(here);
    for (const [url, method] of [
      [`/users/me/api-keys/${id}`, 'DELETE'],
      [`/users/me/api-keys/${id}/rotation`, 'POST'],
      ['/users/me/api-keys/nothing', 'DELETE'],
    ] as const)
      expect(code(await call(stranger.accessToken, url, { method }))).toBe('not_found');
    expect((await call(stranger.accessToken, '/users/me/api-keys', { method: 'DELETE' })).statusCode).toBe(
      204,
    );
    expect(await listed()).toHaveLength(1);
  });

  it('number 50 at most, however many are asked for at once', async () => {
    for (let n = 0; n < 45; n += 1) await createKey(here, owner);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        own('', { body: { name: 'x', scopes: ['a:b'] } }, n % 2 === 0 ? here : there),
      ),
    );
    expect(answers.filter(({ statusCode }) => statusCode === 201).length).toBeLessThanOrEqual(5);
    await expect
      .poll(async () => code(await own('', { body: { name: 'x', scopes: ['a:b'] } })))
      .toBe('too_many_keys');
    expect(await listed()).toHaveLength(50);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['its deletion', async () => own(`/${(await listed())[0]!.id}`, { method: 'DELETE' }), 'invalid_token'],
    ['the deletion of all', () => own('', { method: 'DELETE' }), 'invalid_token'],
    [
      'peer fault 39: the disabling of its owner',
      () => administration().disable(email, ORIGIN),
      'invalid_token',
    ],
    ['the loss of the role', () => administration().setRoles(email, [], ORIGIN), 'forbidden'],
    [
      'peer fault 43: the deletion of its owner',
      () => administration().delete(email, ORIGIN),
      'invalid_token',
    ],
  ])('peer fault 42: die everywhere within a second of %s', async (_, end, expected) => {
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      email = await createAccount(here);
      await promote('auditor');
      const { key } = await createKey(here, owner);
      await expectAlive(key);
      await end();
      await expectDeadEverywhere(key, expected);
    }
  });

  it('peer fault 43: leave nothing behind when their owner is deleted', async () => {
    const { id } = await createKey(here, owner);
    await administration().delete(email, ORIGIN);
    expect(await asSuperuser(here.database, 'SELECT FROM api_keys WHERE id = $1', [id])).toEqual([]);
  });

  it('are named with their owner when they are refused, so that the caller’s address is erased with the account', async () => {
    const { id, key } = await createKey(here, owner);
    await own(`/${id}`, { method: 'DELETE' });
    expect(code(await call(key, '/audit/seals'))).toBe('invalid_token');
    const kept = () =>
      asSuperuser<{ address: string | null }>(
        here.database,
        `SELECT address FROM audit_events WHERE details->>'keyId' = $1 AND type = 'authn_token_invalid'`,
        [id],
      );
    await expect.poll(kept).toEqual([{ address: '127.0.0.1' }]);
    expect((await call(owner.accessToken, '/users/me', { method: 'DELETE' })).statusCode).toBe(204);
    await expect.poll(kept, { timeout: 20_000 }).toEqual([{ address: null }]);
  }, 30_000);

  it('get their rights back with their owner', async () => {
    await promote('auditor');
    const { key } = await createKey(here, owner);
    await administration().disable(email, ORIGIN);
    await expectDeadEverywhere(key);
    await administration().enable(email, ORIGIN);
    await expectAlive(key);
  });

  it('peer fault 40: are not made by a session that has ended, whatever a cached copy says', async () => {
    const other = await openSession(here, email);
    expect((await call(other.accessToken, '/users/me', {}, there)).statusCode).toBe(200);
    await Promise.all([
      here.app.get(AccountAccess, { strict: false }).endSessions(email, ORIGIN),
      ...Array.from({ length: 8 }, () =>
        call(other.accessToken, '/users/me/api-keys', { body: { name: 'x', scopes: ['a:b'] } }, there),
      ),
    ]);
    const late = await call(
      other.accessToken,
      '/users/me/api-keys',
      { body: { name: 'x', scopes: ['a:b'] } },
      there,
    );
    expect(code(late)).toBe('session_ended');
    const [row] = await asSuperuser<{ late: string }>(
      here.database,
      `SELECT count(*) AS late FROM audit_events made JOIN audit_events ended USING (user_id)
        WHERE user_id = $1 AND made.type = 'api_key_created' AND ended.type = 'session_revoked' AND made.position > ended.position`,
      [owner.user.id],
    );
    expect(row!.late).toBe('0');
  });

  it('peer fault 54: the time of the last use undoes no revocation', async () => {
    await promote('auditor');
    const { id, key } = await createKey(here, owner);
    await expectAlive(key);
    await Promise.all([
      own('', { method: 'DELETE' }),
      here.app.get(KeyUse, { strict: false }).write(),
      there.app.get(KeyUse, { strict: false }).write(),
    ]);
    await here.app.get(KeyUse, { strict: false }).write();
    await expectDeadEverywhere(key);
    const [row] = await asSuperuser<{ revoked_at: Date | null }>(
      here.database,
      'SELECT revoked_at FROM api_keys WHERE id = $1',
      [id],
    );
    expect(row!.revoked_at).toBeInstanceOf(Date);
  });

  it('peer fault 55: admit no more than their limit, whatever comes at once, and count apart from their owner', async () => {
    await promote('auditor');
    const { key } = await createKey(here, owner);
    const answers = await Promise.all(
      Array.from({ length: 240 }, (_, n) => call(key, '/alerts', {}, n % 2 === 0 ? here : there)),
    );
    const admitted = answers.filter(({ statusCode }) => statusCode === 403);
    const refused = answers.filter(({ statusCode }) => statusCode === 429);
    expect(answers.map(code).filter((one) => !['forbidden', 'rate_limited'].includes(one))).toEqual([]);
    expect(admitted.length).toBeGreaterThanOrEqual(100);
    expect(admitted.length).toBeLessThanOrEqual(102);
    expect(refused[0]!.headers).toMatchObject({ 'ratelimit-policy': '"key";q=100;w=60' });
    expect(refused[0]!.json()).toMatchObject({ code: 'rate_limited', 'violated-policies': ['key'] });
    expect((await own('')).statusCode).toBe(200);
    const other = await createKey(here, owner);
    expect((await call(other.key, '/audit/seals')).statusCode).toBe(200);
  });

  it('cost a blocked address no query, whatever keys it makes up', async () => {
    await promote('auditor');
    const { key } = await createKey(here, owner);
    await expectAlive(key);
    const blocks = here.app.get(AddressBlocks, { strict: false });
    const network = '127.0.0.1';
    const block = { alertId: '0197a1b2-0000-7000-8000-000000000001', reason: 'token_forgery', seconds: 60 };
    await here.app.get(TransactionRunner, { strict: false }).run((tx) => blocks.block([network], block, tx));
    await expect.poll(() => blocks.secondsLeft(network)).toBeGreaterThan(0);
    const lookUp = vi.spyOn(here.app.get(KeyLookUpRepository, { strict: false }), 'findByDigest');
    for (const presented of [newKey('user', new SystemRandomness()), key])
      expect(code(await call(presented, '/audit/seals'))).toBe('rate_limited');
    expect(lookUp).not.toHaveBeenCalled();
    await here.app.get(TransactionRunner, { strict: false }).run((tx) => blocks.lift({ network }, tx));
    await expect.poll(() => blocks.secondsLeft(network)).toBe(0);
    expect(code(await call(newKey('user', new SystemRandomness()), '/audit/seals'))).toBe('invalid_token');
    expect(lookUp).toHaveBeenCalledTimes(1);
    lookUp.mockRestore();
  });

  it('are announced to their owner when they are made, and 14 and 3 days before they end', async () => {
    await asSuperuser(here.database, 'UPDATE users SET email_verified = true WHERE email = $1', [email]);
    const long = await createKey(here, owner, { name: 'Long', expiresInDays: 20 });
    await outboxIsEmpty(here);
    expect((await mailsTo(here, email, 'api_key_created')).length).toBe(1);
    const short = await createKey(here, owner, { name: 'Short', expiresInDays: 3 });
    const schedules = [here, there].map((app) => app.app.get(KeySchedule, { strict: false }));
    const noticed = async () => {
      await Promise.all(schedules.map((schedule) => schedule.run()));
      await outboxIsEmpty(here);
      const mails = await mailsTo(here, email);
      return mails.filter(({ kind }) => kind === 'api_key_expiring').length;
    };
    expect(await noticed()).toBe(0);
    clock.advance(6 * DAY_MS + 1);
    expect(await noticed()).toBe(1);
    const told = await mailsTo(here, email);
    // Caught mails are kept for a day.
    clock.advance(10 * DAY_MS);
    expect(await noticed()).toBe(0);
    clock.advance(DAY_MS);
    expect(await noticed()).toBe(1);
    const mails = [...told, ...(await mailsTo(here, email))];
    expect(mails.map(({ kind }) => kind).toSorted()).toEqual(['api_key_expiring', 'api_key_expiring']);
    const all = JSON.stringify(mails);
    expect(all).toContain('Long');
    for (const { key } of [long, short]) expect(all).not.toContain(key.slice(11));
  }, 20_000);

  it('peer fault 52: stand in no other answer, nor in the trail, nor in the database, and neither do digests that could be replayed', async () => {
    await promote('admin');
    const { id, key } = await createKey(here, owner, { scopes: ['audit:read', 'alerts:read'] });
    await expectAlive(key);
    const next = (await own(`/${id}/rotation`, { method: 'POST' })).json<NewKey>();
    const [row] = await asSuperuser<{ digest: Buffer }>(
      here.database,
      'SELECT digest FROM api_keys WHERE id = $1',
      [id],
    );
    const secrets = [
      key.slice(10),
      next.key.slice(10),
      ...(['hex', 'base64', 'base64url'] as const).map((encoding) => row!.digest.toString(encoding)),
    ];
    const bodies = [];
    for (const url of [
      '/users/me/api-keys',
      '/users/me',
      '/users/me/activity',
      '/audit/events',
      '/audit/export',
      '/users/me/sessions',
    ])
      bodies.push((await call(owner.accessToken, url)).body);
    bodies.push((await call(`${key}x`, '/users/me')).body, (await call(key, '/users/me')).body);
    const dump = await asSuperuser<{ tables: string }>(
      here.database,
      `SELECT string_agg(query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename), true, false, '')::text, '') AS tables
         FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'api_keys'`,
    );
    for (const secret of secrets)
      for (const body of [...bodies, dump[0]!.tables]) expect(body.includes(secret)).toBe(false);
    // A digest is not a key: whoever reads the table cannot call with it.
    for (const digest of secrets.slice(2))
      expect(code(await call(`ptc_u_${digest}`, '/audit/seals'))).toBe('invalid_token');
  });
});
