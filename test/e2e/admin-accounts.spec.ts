import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fc } from '@fast-check/vitest';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { declaredRoutes } from '../../src/platform/http/routes/route-walk.js';
import { logIn, newAddress, PASSWORD, register, type Tokens } from '../support/app/accounts.js';
import { createAccount, createPerson, openSession } from '../support/app/people.js';
import { ServiceAccountsOf } from '../support/app/service-accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { createKey } from '../support/app/api-keys.js';
import { enrolTotp } from '../support/app/factors.js';
import { mailTo } from '../support/app/mails.js';
import { startApp, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { eventually } from '../support/time/eventually.js';

const REASON = 'Ticket 4711: café';
/** Header fields are bytes; Node.js represents them as Latin-1. */
const HEADER = Buffer.from(REASON).toString('latin1');

interface Account {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly roles: string[];
  readonly status: string;
}

describe('An administrator', { timeout: 60_000 }, () => {
  let app: TestApp;
  let admin: Tokens;
  beforeAll(async () => {
    app = await startApp();
    admin = await administrator();
    // A second one, so that the first is not the last.
    await administrator();
  });
  afterAll(() => app.close());

  const administrator = () => createPerson(app, { roles: ['admin'] });
  const ask = (request: TestRequest) => app.call({ token: admin.accessToken, ...request });
  const patch = (id: string, body: object, headers: Record<string, string | string[]> = {}) =>
    ask({ method: 'PATCH', url: `/admin/users/${id}`, body, headers });
  const show = async (id: string) => (await ask({ url: `/admin/users/${id}` })).json<Account>();
  const list = async (query: string) => {
    const answer = await ask({ url: `/admin/users?${query}` });
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json<{ items: Account[]; nextCursor: string | null }>();
  };
  const code = async (request: TestRequest) => {
    const answer = await ask(request);
    const problem = answer.statusCode < 400 ? '' : ` ${answer.json<{ code: string }>().code}`;
    return `${answer.statusCode}${problem}`;
  };
  const events = (userId: string) =>
    asSuperuser<{ type: string; details: Record<string, unknown> }>(
      app.database,
      `SELECT type, details FROM audit_events WHERE user_id = $1 AND details ? 'actorId' ORDER BY id`,
      [userId],
    );

  describe('lists accounts', () => {
    const tag = `listed${process.pid}`;
    const local = ({ email }: Account) => email.slice(tag.length, email.indexOf('@'));
    let ids: Record<string, string>;
    beforeAll(async () => {
      ids = {};
      for (const [name, displayName] of [
        ['a', `Zoë ${tag}`],
        ['b', `${tag.toUpperCase()} Ångström`],
        ['c', `100%_${tag}\\`],
        ['d', null],
      ] as const) {
        const email = `${name === 'b' ? 'other' : tag}${name}@example.com`;
        await app.call({
          url: '/auth/register',
          body: { email, password: PASSWORD, ...(displayName !== null && { displayName }) },
        });
        const { items } = await list(`search=${email}`);
        ids[name] = items[0]!.id;
      }
      await patch(ids.c!, { disabled: true });
      await patch(ids.d!, { roles: ['auditor'] });
    });

    it('by the beginning of the address and then of the name, whatever the case', async () => {
      const { items, nextCursor } = await list(`search=${tag.toUpperCase()}`);
      expect([items.map(({ id }) => id), nextCursor]).toEqual([[ids.a, ids.c, ids.d, ids.b], null]);
      expect((await list(`search=${encodeURIComponent(`${tag} ÅNG`)}`)).items.map(({ id }) => id)).toEqual([
        ids.b,
      ]);
      expect((await list(`search=${encodeURIComponent('zoe\u0308 listed')}`)).items.map(local)).toEqual([
        'a',
      ]);
    });

    it('page by page, none twice and none left out', async () => {
      for (const query of ['', `search=${tag}`, 'role=user&status=unverified']) {
        const whole = (await list(`${query}&limit=200`)).items.map(({ id }) => id);
        const found: string[] = [];
        let cursor: string | null = '';
        while (cursor !== null) {
          const page = await list(`${query}&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
          expect(page.items.length).toBeLessThanOrEqual(1);
          found.push(...page.items.map(({ id }) => id));
          cursor = page.nextCursor;
        }
        expect(found).toEqual(whole);
        expect(whole.length).toBeGreaterThan(2);
      }
    });

    it.each([
      ['status=disabled', ['c']],
      ['role=auditor', ['d']],
      ['role=admin', []],
      ['status=active', []],
      ['role=user&status=unverified', ['a', 'd', 'b']],
    ])('that match a filter: %s', async (query, expected) => {
      const { items } = await list(`search=${tag}&${query}`);
      expect(items.map(({ id }) => id)).toEqual(expected.map((name) => ids[name]));
    });

    it.each(['%', '_', '\\', '%%', 'listed_'])('and takes wildcards for themselves: %s', async (text) => {
      expect((await list(`search=${encodeURIComponent(text)}`)).items).toEqual([]);
    });

    it('and an empty search is none', async () => {
      expect(await list('search=&limit=200')).toEqual(await list('limit=200'));
    });

    it.each([
      ['search=', 'x'.repeat(201)],
      ['search=', '%00'],
      ['search=', 'a&search=b'],
      ['limit=', '0'],
      ['limit=', '201'],
      ['role=', 'root'],
      ['status=', 'gone'],
      ['cursor=', 'AAAA'],
      ['order=', 'email'],
    ])('and refuses %s%s', async (name, value) => {
      expect(await code({ url: `/admin/users?${name}${value}` })).toBe('400 validation_failed');
    });

    it('and refuses the cursor of another list', async () => {
      const { nextCursor } = await list(`search=${tag}&limit=1`);
      expect(nextCursor).not.toContain(tag);
      expect(await code({ url: `/admin/users?limit=1&cursor=${nextCursor}` })).toBe('400 validation_failed');
      expect(await code({ url: `/admin/users?search=${tag}&cursor=${nextCursor}` })).toBe('200');
      for (const other of [`${nextCursor}!!`, `${nextCursor}=`, `*${nextCursor}`])
        expect(await code({ url: `/admin/users?search=${tag}&cursor=${other}` })).toBe(
          '400 validation_failed',
        );
    });

    it('whatever is searched for: only what begins with it is found, and nothing fails', async () => {
      const whole = (await list('limit=200')).items;
      const text = fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        fc.constantFrom(
          "'",
          '%',
          '_',
          '\\',
          '\\%',
          'ß',
          'İ',
          'ẞ',
          '\u202e',
          '\ud800',
          '; DROP TABLE users',
          '$1',
          tag,
        ),
      );
      await fc.assert(
        fc.asyncProperty(
          text.filter((search) => !search.includes('\0')),
          async (search) => {
            const url = `/admin/users?limit=200&search=${encodeURIComponent(search.toWellFormed())}`;
            const answer = await ask({ url });
            expect(answer.statusCode).toBe(200);
            const found = new Set(answer.json<{ items: Account[] }>().items.map(({ id }) => id));
            const wanted = search.toWellFormed().normalize('NFC').toLowerCase();
            const begins = (value: string | null) => value?.toLowerCase().startsWith(wanted) ?? false;
            const expected = whole.filter(({ email, displayName }) => begins(email) || begins(displayName));
            // PostgreSQL folds letters whose lower case has another length in its own way.
            const differing =
              expected.filter(({ id }) => !found.has(id)).length + found.size - expected.length;
            expect(/^\p{ASCII}*$/u.test(wanted) ? differing : 0).toBe(0);
          },
        ),
        { numRuns: 60 },
      );
    });

    it('that are locked after too many failures, until they are unlocked', async () => {
      const email = await createAccount(app);
      for (let failure = 0; failure < 10; failure += 1)
        await app.call({ url: '/auth/login', body: { email, password: 'certainly not the password' } });
      const { items } = await list('status=locked');
      expect(items).toMatchObject([{ email, status: 'locked' }]);
      const { id } = items[0]!;
      expect(await show(id)).toMatchObject({ status: 'locked', lockedUntil: expect.stringMatching(/Z$/) });
      expect((await list(`search=${email}&status=unverified`)).items).toEqual([]);
      expect(await code({ method: 'POST', url: `/admin/users/${id}/unlock` })).toBe('204');
      expect(await show(id)).toMatchObject({ status: 'unverified', lockedUntil: null });
      expect((await list('status=locked')).items).toEqual([]);
      expect((await events(id)).map(({ type }) => type)).toEqual(['user_unlocked']);
    });

    it('and sees when they signed in last', async () => {
      const { user, session } = await createPerson(app);
      expect((await list(`search=${user.email}`)).items).toMatchObject([{ lastLoginAt: session.createdAt }]);
      const again = await openSession(app, user.email);
      expect(await show(user.id)).toMatchObject({ lastLoginAt: again.session.createdAt, sessions: 2 });
    });
  });

  it('peer fault 52: sees an account with its factors, keys and sessions, and no secret in nested answers', async () => {
    const person = await createPerson(app);
    const { secret, recoveryCodes } = await enrolTotp(app, person, Date.now());
    const { key, ...shown } = await createKey(app, person, { scopes: ['orders:read'] });
    const ended = await createKey(app, person);
    const token = person.accessToken;
    await app.call({ method: 'DELETE', url: `/users/me/api-keys/${ended.id}`, token });
    const answer = await ask({ url: `/admin/users/${person.user.id}` });
    expect(answer.body).not.toContain(key.slice(11));
    expect(answer.json()).toEqual({
      id: person.user.id,
      email: person.user.email,
      displayName: null,
      roles: ['user'],
      locale: 'en',
      emailVerified: false,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      status: 'unverified',
      lastLoginAt: person.session.createdAt,
      disabledAt: null,
      lockedUntil: null,
      passwordSet: true,
      sessions: 1,
      apiKeys: [shown],
      factors: [
        {
          id: expect.any(String),
          type: 'totp',
          name: expect.any(String),
          createdAt: expect.any(String),
          lastUsedAt: expect.any(String),
          synced: null,
        },
      ],
    });
    const sessions = await ask({ url: `/admin/users/${person.user.id}/sessions` });
    expect(Object.keys(sessions.json<{ items: object[] }>().items[0]!).toSorted()).toEqual([
      'createdAt',
      'device',
      'expiresAt',
      'id',
      'lastSeenAt',
      'methods',
      'network',
      'place',
    ]);
    const [row] = await asSuperuser<{ hash: string }>(
      app.database,
      'SELECT hash FROM password_credentials WHERE user_id = $1',
      [person.user.id],
    );
    for (const told of [secret, ...recoveryCodes!, row!.hash, person.refreshToken, person.deviceToken])
      expect(answer.body + sessions.body).not.toContain(told);
  });

  it('leaves in the record of a call whose account it was about', async () => {
    const { user } = await createPerson(app);
    await ask({ url: `/admin/users/${user.id}` });
    await ask({ url: '/admin/users/019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' });
    await eventually(async () => {
      const calls = await asSuperuser<{ subject: string | null; status: number }>(
        app.database,
        `SELECT details->>'subjectId' AS subject, status FROM audit_calls
         WHERE route = '/admin/users/:id' AND user_id = $1 ORDER BY id DESC LIMIT 2`,
        [admin.user.id],
      );
      expect(calls).toEqual([
        { subject: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d', status: 404 },
        { subject: user.id, status: 200 },
      ]);
    });
  });

  it('does not record the call of a program as one of the account that it changes', async () => {
    const { id } = (await createPerson(app)).user;
    const machine = await (await ServiceAccountsOf.of(app)).create('users:write');
    const change = { method: 'PATCH', url: `/admin/users/${id}`, body: { displayName: 'Grace' } } as const;
    expect((await app.call({ ...change, token: machine.key })).statusCode).toBe(200);
    await eventually(async () => {
      const calls = await asSuperuser(
        app.database,
        `SELECT user_id, status FROM audit_calls WHERE route = '/admin/users/:id' AND details->>'subjectId' = $1`,
        [id],
      );
      expect(calls).toEqual([{ user_id: null, status: 200 }]);
    });
  });

  it('changes name, roles and status at once, and each change names who made it and why', async () => {
    const person = await createPerson(app);
    const { id, email } = person.user;
    const changes = { displayName: ' Grace ', roles: ['auditor', 'auditor'], disabled: true };
    const answer = await patch(id, changes, { 'audit-reason': HEADER });
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      expect.objectContaining({
        displayName: 'Grace',
        roles: ['user', 'auditor'],
        status: 'disabled',
        disabledAt: expect.stringMatching(/Z$/),
        sessions: 0,
      }),
    ]);
    const acted = { actorId: admin.user.id, auditReason: REASON };
    expect(await events(id)).toEqual([
      { type: 'privilege_permissions_changed', details: { granted: ['auditor'], revoked: [], ...acted } },
      { type: 'session_revoked', details: { sessions: 1, ...acted } },
      { type: 'user_disabled', details: acted },
      { type: 'user_updated', details: { members: ['displayName'], ...acted } },
    ]);
    expect((await app.call({ url: '/users/me', token: person.accessToken })).json().code).toBe(
      'session_ended',
    );
    await mailTo(app, email, 'role_changed');
    await mailTo(app, email, 'account_disabled');

    // What is as it was makes no event and ends no session.
    expect((await patch(id, changes)).statusCode).toBe(200);
    expect(await events(id)).toHaveLength(4);
    expect((await patch(id, { disabled: false })).json()).toMatchObject({
      status: 'unverified',
      disabledAt: null,
    });
    const { user, accessToken: token } = await logIn(app, email);
    expect(user).toMatchObject({ displayName: 'Grace', roles: ['user', 'auditor'] });

    // Where administrators are is not the person's to know.
    const { items } = (await app.call({ url: '/users/me/activity', token })).json<{
      items: { type: string; details: object }[];
    }>();
    const byOthers = items.filter(({ details }) => 'actorId' in details);
    expect(byOthers).toHaveLength(5);
    for (const entry of byOthers) expect(entry).toMatchObject({ address: null, userAgent: null });
    expect(byOthers).toContainEqual(expect.objectContaining({ summary: 'The account was disabled' }));
  });

  it('changes nothing by an empty object, and removes a name by null', async () => {
    const { user, accessToken } = await createPerson(app);
    expect((await patch(user.id, {})).statusCode).toBe(200);
    await patch(user.id, { displayName: 'Grace' });
    expect((await app.call({ url: '/users/me', token: accessToken })).json()).toMatchObject({
      displayName: 'Grace',
    });
    expect((await patch(user.id, { displayName: null, roles: null, disabled: null })).json()).toMatchObject({
      displayName: null,
      roles: ['user'],
      disabledAt: null,
    });
  });

  it('makes all changes or none', async () => {
    const last = await createPerson(app);
    const before = await show(admin.user.id);
    for (const body of [
      { displayName: 'Changed', roles: ['user'] },
      { displayName: 'Changed', disabled: true, roles: ['user'] },
    ])
      expect(await code({ method: 'PATCH', url: `/admin/users/${admin.user.id}`, body })).toBe(
        '403 own_roles',
      );
    expect(await show(admin.user.id)).toEqual(before);
    expect(
      await code({
        method: 'PATCH',
        url: `/admin/users/${last.user.id}`,
        body: { displayName: 'Changed', roles: ['root'] },
      }),
    ).toBe('400 validation_failed');
    expect(await show(last.user.id)).toMatchObject({ displayName: null });
  });

  it('peer fault 51: is the only one who gives roles: not through register, the own profile or a nested field', async () => {
    const { user, accessToken } = await createPerson(app);
    const attempts: TestRequest[] = [
      ...[{ roles: ['admin'] }, { role: 'admin' }, { user: { roles: ['admin'] } }, { isAdmin: true }].map(
        (member) => ({ url: '/auth/register', body: { email: newAddress(), password: PASSWORD, ...member } }),
      ),
      ...[
        { roles: ['admin'] },
        { id: admin.user.id },
        { profile: { roles: ['admin'] } },
        { 'roles[]': 'admin' },
      ].map((member) => ({
        method: 'PUT' as const,
        url: '/users/me',
        token: accessToken,
        body: { displayName: 'Mallory', ...member },
      })),
    ];
    for (const request of attempts)
      expect([request.body, (await app.call(request)).json().code]).toEqual([
        request.body,
        'validation_failed',
      ]);
    const url = `/admin/users/${user.id}`;
    for (const body of [{ roles: ['admin'] }, { disabled: false }, {}])
      expect((await app.call({ method: 'PATCH', url, token: accessToken, body })).json().code).toBe(
        'forbidden',
      );
    for (const body of [
      { roles: 'admin' },
      { roles: [['admin']] },
      { roles: { 0: 'admin' } },
      { roles: ['root'] },
      { user: { roles: ['admin'] } },
      { email: newAddress() },
      { emailVerified: true },
      { passwordHash: 'x' },
      { createdAt: '2020-01-01T00:00:00Z' },
      { disabled: 'yes' },
    ])
      expect([body, await code({ method: 'PATCH', url, body })]).toEqual([body, '400 validation_failed']);
    expect(await show(user.id)).toMatchObject({ roles: ['user'], displayName: null, emailVerified: false });
  });

  it('peer fault 53: has the only token that opens routes that show other people or the inside of the service', async () => {
    const person = await createPerson(app);
    const inside = declaredRoutes(app.app.get(DiscoveryService), app.app.get(MetadataScanner)).filter(
      ({ path }) => /^\/(admin|audit|alerts)\b/.test(path),
    );
    expect(inside.length).toBeGreaterThan(15);
    for (const { method, path } of inside) {
      const url = path.replaceAll(/:\w+/g, admin.user.id);
      for (const [token, expected] of [
        [undefined, 'unauthenticated'],
        [person.accessToken, 'forbidden'],
      ] as const) {
        const answer = await app.call({ method: method as 'GET', url, ...(token && { token }) });
        expect([method, path, answer.json().code]).toEqual([method, path, expected]);
      }
    }
    for (const path of [
      '/debug',
      '/admin',
      '/env',
      '/metrics.json',
      '/health',
      '/actuator',
      '/status',
      '/system',
    ])
      expect((await app.call({ url: path, token: person.accessToken })).statusCode).toBe(404);
  });

  it('may send their own roles as they are', async () => {
    expect(
      (await patch(admin.user.id, { roles: ['admin', 'user'], displayName: 'Chief' })).json(),
    ).toMatchObject({
      displayName: 'Chief',
      roles: ['user', 'admin'],
    });
  });

  it('deletes an account with what was issued for it, and its address is free again', async () => {
    const { user, accessToken } = await createPerson(app);
    await ask({ method: 'POST', url: `/admin/users/${user.id}/password-reset` });
    await mailTo(app, user.email, 'password_reset');
    expect(
      await code({ method: 'DELETE', url: `/admin/users/${user.id}`, headers: { 'audit-reason': HEADER } }),
    ).toBe('204');
    expect((await app.call({ url: '/users/me', token: accessToken })).json().code).toBe('session_ended');
    const left = await asSuperuser(app.database, 'SELECT id FROM single_use_secrets WHERE subject = $1', [
      user.id,
    ]);
    expect(left).toEqual([]);
    await mailTo(app, user.email, 'account_deleted');
    expect(await code({ url: `/admin/users/${user.id}` })).toBe('404 not_found');
    await register(app, user.email);
    const [deleted] = (await events(user.id)).filter(({ type }) => type === 'user_deleted');
    expect(deleted?.details).toEqual({ actorId: admin.user.id, auditReason: REASON });
  });

  it('ends sessions and removes factors, so that the owner can sign in with the password', async () => {
    const person = await createPerson(app);
    const { id, email } = person.user;
    await enrolTotp(app, person, Date.now());
    const factors = { method: 'DELETE', url: `/admin/users/${id}/factors` } as const;
    expect(await code(factors)).toBe('204');
    expect(await code(factors)).toBe('204');
    await mailTo(app, email, 'factor_removed');
    const left = await asSuperuser(app.database, 'SELECT user_id FROM recovery_codes WHERE user_id = $1', [
      id,
    ]);
    expect(left).toEqual([]);
    expect((await ask({ url: `/admin/users/${id}/sessions` })).json().items).toMatchObject([
      { methods: ['pwd'] },
    ]);
    expect(await code({ method: 'DELETE', url: `/admin/users/${id}/sessions` })).toBe('204');
    expect((await app.call({ url: '/users/me', token: person.accessToken })).json().code).toBe(
      'session_ended',
    );
    await logIn(app, email);
    const types = (await events(id)).map(({ type }) => type);
    expect(types).toEqual(['user_factor_removed', 'session_revoked']);
  });

  it('mails a reset link, but not to a disabled account, whose links die', async () => {
    const { user } = await createPerson(app);
    const reset = { method: 'POST', url: `/admin/users/${user.id}/password-reset` } as const;
    expect(await code(reset)).toBe('202');
    const { link } = await mailTo(app, user.email, 'password_reset');
    await patch(user.id, { disabled: true });
    expect(await code(reset)).toBe('409 wrong_status');
    await patch(user.id, { disabled: false });
    const token = new URL(link!).hash.slice('#token='.length);
    const used = await app.call({
      url: '/auth/password/reset',
      body: { token, newPassword: 'eleven herons wade past the mill' },
    });
    expect(used.json().code).toBe('invalid_link');
  });

  it('is told 404 for an id that no account has, and for anything else', async () => {
    for (const id of ['019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d', 'ada@example.com', 'me', '%00']) {
      const url = `/admin/users/${id}`;
      for (const request of [
        { url },
        { url, method: 'PATCH', body: {} },
        { url, method: 'DELETE' },
        { url: `${url}/unlock`, method: 'POST' },
        { url: `${url}/password-reset`, method: 'POST' },
        { url: `${url}/sessions` },
        { url: `${url}/sessions`, method: 'DELETE' },
        { url: `${url}/factors`, method: 'DELETE' },
      ] as const)
        expect([request, await code(request)]).toEqual([request, '404 not_found']);
    }
  });

  it.each([
    ['empty', ''],
    ['too long', 'a'.repeat(501)],
    ['with a control character', 'a\tb'],
    ['not in UTF-8', '\u00e9'],
    ['with a character that reverses text', Buffer.from('a\u202eb').toString('latin1')],
    ['given twice', ['one', 'two']],
  ])('is refused a reason that is %s, and nothing is done', async (_what, reason) => {
    const { user } = await createPerson(app);
    const answer = await patch(user.id, { disabled: true }, { 'audit-reason': reason });
    expect([answer.statusCode, answer.json().errors]).toEqual([
      400,
      [{ pointer: '#/Audit-Reason', detail: expect.any(String) }],
    ]);
    expect(await show(user.id)).toMatchObject({ disabledAt: null });
  });

  it('may give a reason of 500 characters', async () => {
    const { user } = await createPerson(app);
    const reason = '\u{1f9a6}'.repeat(500);
    await patch(user.id, { disabled: true }, { 'audit-reason': Buffer.from(reason).toString('latin1') });
    expect((await events(user.id))[0]?.details.auditReason).toBe(reason);
  });

  it('whose API key acts can neither set roles nor touch an account that has one', async () => {
    const { id: keyId, key } = await createKey(app, admin, { scopes: ['users:read', 'users:write'] });
    const { user } = await createPerson(app);
    const byKey = async (request: TestRequest) => code({ token: key, ...request });
    const url = `/admin/users/${user.id}`;
    expect(await byKey({ url })).toBe('200');
    for (const roles of [['admin'], ['user'], []])
      expect(await byKey({ method: 'PATCH', url, body: { roles } })).toBe('403 forbidden');
    expect(await byKey({ method: 'PATCH', url, body: { displayName: 'Grace' } })).toBe('200');
    expect((await events(user.id)).map(({ details }) => details)).toEqual([
      { members: ['displayName'], actorId: admin.user.id, keyId },
    ]);
    const other = await administrator();
    const others = `/admin/users/${other.user.id}`;
    for (const request of [
      { url: others, method: 'PATCH', body: { disabled: true } },
      { url: others, method: 'DELETE' },
      { url: `${others}/unlock`, method: 'POST' },
      { url: `${others}/password-reset`, method: 'POST' },
      { url: `${others}/sessions`, method: 'DELETE' },
      { url: `${others}/factors`, method: 'DELETE' },
    ] as const)
      expect([request, await byKey(request)]).toEqual([request, '403 forbidden']);
    expect(await show(other.user.id)).toMatchObject({ status: 'unverified', sessions: 1 });
    await expectRefusals(
      `details ->> 'keyId' = $1`,
      keyId,
      Array.from({ length: 9 }, () => 'forbidden'),
    );
  });

  it('who tries to change their own roles leaves an event', async () => {
    const one = await administrator();
    const own = { method: 'PATCH', url: `/admin/users/${one.user.id}`, token: one.accessToken } as const;
    expect(await code({ ...own, body: { roles: [] } })).toBe('403 own_roles');
    await expectRefusals('user_id = $1', one.user.id, ['own_roles']);
  });

  /** The reasons of the events about refused actions that meet a condition. */
  const expectRefusals = (condition: string, value: string, reasons: string[]) =>
    eventually(async () =>
      expect(
        await asSuperuser(
          app.database,
          `SELECT reason FROM audit_events WHERE type = 'authz_fail' AND ${condition}`,
          [value],
        ),
      ).toEqual(reasons.map((reason) => ({ reason }))),
    );

  it('needs the role and, for changes, a recent proof', async () => {
    const person = await createPerson(app);
    for (const url of ['/admin/users', `/admin/users/${admin.user.id}`])
      expect((await app.call({ url, token: person.accessToken })).json().code).toBe('forbidden');
    await asSuperuser(
      app.database,
      `UPDATE sessions SET created_at = created_at - interval '1 hour', auth_time = auth_time - interval '1 hour' WHERE id = $1`,
      [admin.session.id],
    );
    expect(await code({ method: 'DELETE', url: `/admin/users/${person.user.id}` })).toBe(
      '401 insufficient_user_authentication',
    );
    expect(await code({ url: `/admin/users/${person.user.id}` })).toBe('200');
    const stepUp = await ask({ url: '/auth/step-up', body: { password: PASSWORD } });
    expect(stepUp.statusCode).toBe(200);
  });
});
