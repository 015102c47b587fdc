import { setTimeout as delay } from 'node:timers/promises';
import type { LightMyRequestResponse } from 'fastify';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { KeyReader } from '../../src/machines/keys/key-reader.js';
import type { Principal } from '../../src/platform/access/principal.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { RevocationAnswers } from '../../src/sessions/revocation-list/revocation-answers.js';
import { RevocationListWriter } from '../../src/sessions/revocation-list/revocation-list-writer.js';
import { RevocationRetention } from '../../src/sessions/revocation-list/revocation-retention.js';
import { SessionRevocation } from '../../src/sessions/revocation/session-revocation.js';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import type { Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { enrolTotp } from '../support/app/factors.js';
import { ServiceAccountsOf } from '../support/app/service-accounts.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import {
  follow,
  type Revocation,
  type Revocations,
  revocationsAfter,
} from '../support/http/revocation-list.js';
import { startTcpProxy } from '../support/network/tcp-proxy.js';
import { freshDatabase } from '../support/postgres/fresh-database.js';
import { eventually } from '../support/time/eventually.js';
import { ManualClock } from '../support/time/manual-clock.js';
import { WrongClock } from '../support/time/wrong-clock.js';
import { claimsOf } from '../support/tokens/claims.js';

const logOut = async (app: TestApp, { accessToken }: Tokens) => {
  const { statusCode } = await app.call({ method: 'POST', url: '/auth/logout', token: accessToken });
  expect(statusCode).toBe(204);
};
const refusalOf = (answer: LightMyRequestResponse) => [
  answer.statusCode,
  answer.json<{ code: string }>().code,
  answer.headers['www-authenticate'],
];
const INVALID_TOKEN = 'Bearer error="invalid_token"';
const sessionsIn = (items: readonly Revocation[]) => items.map(({ sessionId }) => sessionId);

describe('the list of revocations', () => {
  let here: TestApp;
  let there: TestApp;
  let admin: string;
  beforeAll(async () => {
    here = await startApp({ listen: true });
    there = await startBeside(here, { listen: true, variables: { DATABASE_POOL_SIZE: '2' } });
    ({ accessToken: admin } = await createPerson(here, { roles: ['admin'] }));
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  const end = async () => (await revocationsAfter(here, admin)).cursor;

  /** Lists a revocation of a new key in a transaction that commits when told to. */
  const openRevocation = async (app: TestApp, keyId: string) => {
    const { promise: gate, resolve: commit } = Promise.withResolvers<void>();
    const { promise: listed, resolve: whenListed } = Promise.withResolvers<void>();
    const committed = app.app.get(TransactionRunner, { strict: false }).run(async (tx) => {
      const key = { keyId, subject: crypto.randomUUID() };
      await app.app.get(RevocationListWriter, { strict: false }).keysEnded(tx, [key], 'key_revoked');
      whenListed();
      await gate;
    });
    await listed;
    return async () => {
      commit();
      await committed;
    };
  };

  it('names the session, its owner, the reason and the times, on every instance', async () => {
    const after = await end();
    const signed = await createPerson(here);
    await logOut(here, signed);
    const { items, cursor } = await revocationsAfter(there, admin, after);
    expect(items).toEqual([
      {
        cursor,
        sessionId: signed.session.id,
        subject: signed.user.id,
        keyId: null,
        reason: 'logout',
        revokedAt: expect.any(String),
        expiresAt: expect.any(String),
      },
    ]);
    const { revokedAt, expiresAt } = items[0]!;
    expect(Date.parse(expiresAt) - Date.parse(revokedAt)).toBe(
      here.environment.JWT_ACCESS_TOKEN_EXPIRE_MINUTES * 60_000,
    );
    expect(await revocationsAfter(there, admin, cursor)).toEqual({ items: [], cursor });
  });

  it('has no revocation of a transaction that failed', async () => {
    const after = await end();
    const { session } = await createPerson(here);
    const failed = here.app.get(TransactionRunner, { strict: false }).run(async (tx) => {
      await here.app.get(SessionRevocation, { strict: false }).end(tx, session.id, 'logout');
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    expect((await revocationsAfter(here, admin, after)).items).toEqual([]);
  });

  it('gets a revocation that commits late after the cursor, although it was made before', async () => {
    const after = await end();
    const [early, late] = [crypto.randomUUID(), crypto.randomUUID()];
    const commit = await openRevocation(here, early);
    await (
      await openRevocation(there, late)
    )();
    const first = await revocationsAfter(there, admin, after);
    expect(first.items.map(({ keyId }) => keyId)).toEqual([late]);
    await commit();
    const second = await revocationsAfter(here, admin, first.cursor);
    expect(second.items.map(({ keyId }) => keyId)).toEqual([early]);
  });

  it('shows nothing before a cursor that was given out, when 16 at once commit in any order on two instances', async () => {
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const after = await end();
      const ids = Array.from({ length: 16 }, () => crypto.randomUUID());
      let running = true;
      const reader = async (app: TestApp) => {
        const seen: Revocation[] = [];
        for (let cursor = after, last = false; ;) {
          const page: Revocations = await revocationsAfter(app, admin, cursor);
          seen.push(...page.items);
          cursor = page.cursor;
          if (last) return seen;
          last = !running;
        }
      };
      const readers = [here, there, here].map(reader);
      await Promise.all(
        ids.map(async (keyId, index) => {
          // One connection of the second instance is left to its reader.
          const commit = await openRevocation(index === 0 ? there : here, keyId);
          await delay(Math.random() * 20);
          await commit();
        }),
      );
      running = false;
      const [one, ...others] = await Promise.all(readers);
      expect(new Set(one!.map(({ keyId }) => keyId))).toEqual(new Set(ids));
      expect(one).toHaveLength(16);
      expect(new Set(one!.map(({ cursor }) => cursor)).size).toBe(16);
      for (const other of others) expect(other).toEqual(one);
    }
  });

  it('is followed line by line, with an empty line every 250 ms', async () => {
    const signed = await createPerson(here);
    const after = await end();
    const followed = await follow(there, admin, after);
    await eventually(() => expect(followed.lines.length).toBeGreaterThanOrEqual(9));
    expect(followed.items).toEqual([]);
    expect(followed.lines[8]! - followed.lines[0]!).toBeLessThan(4000);
    const endedMs = performance.now();
    await logOut(here, signed);
    await eventually(() => expect(sessionsIn(followed.items)).toEqual([signed.session.id]));
    expect(performance.now() - endedMs).toBeLessThan(1000);
    const listed = await revocationsAfter(here, admin, after);
    expect(followed.items).toEqual(listed.items);
  });

  it('answers who waits as soon as there is something, and otherwise in time', async () => {
    const signed = await createPerson(here);
    const after = await end();
    const startedMs = performance.now();
    const nothing = await there.call({ url: `/revocations?after=${after}&wait=1`, token: admin });
    expect([nothing.statusCode, nothing.json()]).toEqual([200, { items: [], cursor: after }]);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
    const waiting = there.call({ url: `/revocations?after=${after}&wait=30`, token: admin });
    await delay(100);
    const endedMs = performance.now();
    await logOut(here, signed);
    const answer = await waiting;
    expect(sessionsIn(answer.json<Revocations>().items)).toEqual([signed.session.id]);
    expect(performance.now() - endedMs).toBeLessThan(1000);
  });

  it('holds no connection to PostgreSQL for those who wait', async () => {
    const after = await end();
    const closing = new AbortController();
    const waiting = Array.from({ length: 40 }, () =>
      fetch(`${there.url}/revocations?after=${after}&wait=30`, {
        headers: { authorization: `Bearer ${admin}` },
        signal: closing.signal,
      }).catch(() => null),
    );
    const followed = await Promise.all(Array.from({ length: 20 }, () => follow(there, admin, after)));
    await eventually(() => {
      for (const { lines } of followed) expect(lines.length).toBeGreaterThan(2);
    });
    const startedMs = performance.now();
    for (let n = 0; n < 10; n += 1) {
      const { statusCode } = await there.call({ url: '/users/me', token: admin });
      expect(statusCode).toBe(200);
    }
    expect(performance.now() - startedMs).toBeLessThan(1000);
    closing.abort();
    await Promise.all(waiting);
  });

  it('is for administrators', async () => {
    const { accessToken: auditor } = await createPerson(here, { roles: ['auditor'] });
    const { accessToken: user } = await createPerson(here);
    const statusFor = async (token?: string) => {
      const answer = await here.call({ url: '/revocations', ...(token !== undefined && { token }) });
      return answer.statusCode;
    };
    expect(await Promise.all([statusFor(), statusFor(user), statusFor(auditor), statusFor(admin)])).toEqual([
      401, 403, 403, 200,
    ]);
  });

  it.each([
    'after=x',
    'after=',
    'after=-1',
    'after=1e3',
    'after=1&after=2',
    'after=9999999999999999',
    'wait=31',
    'wait=-1',
    'wait=1.5',
    'wait=soon',
    'limit=5',
  ])('refuses %s', async (query) => {
    const answer = await here.call({ url: `/revocations?${query}`, token: admin });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'validation_failed']);
  });

  it('refuses a cursor of a list that was longer, before a backup was restored', async () => {
    const answer = await here.call({ url: '/revocations?after=999999999999999', token: admin });
    expect([answer.statusCode, answer.json().code]).toEqual([410, 'cursor_expired']);
  });

  it.each([
    'application/json, application/x-ndjson;q=0.5',
    'application/x-ndjson;q=0',
    'application/x-ndjsonish',
  ])('answers a list to those who prefer JSON: %s', async (accept) => {
    const answer = await fetch(`${here.url}/revocations`, {
      headers: { authorization: `Bearer ${admin}`, accept },
      signal: AbortSignal.timeout(10_000),
    });
    expect(await answer.json()).toMatchObject({ items: expect.any(Array) });
  });

  it('answers HEAD without a stream', async () => {
    const answer = await fetch(`${here.url}/revocations`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${admin}`, accept: 'application/x-ndjson' },
    });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  });

  it('ends with the session of its reader: streams within a second, and who waits gets no list', async () => {
    const reader = await createPerson(here, { roles: ['admin'] });
    const after = await end();
    const followed = await follow(there, reader.accessToken, after);
    const waiting = there.call({ url: `/revocations?after=${after}&wait=30`, token: reader.accessToken });
    await eventually(() => expect(followed.lines.length).toBeGreaterThan(0));
    const endedMs = performance.now();
    await logOut(here, reader);
    await followed.ended;
    const answer = await waiting;
    expect(performance.now() - endedMs).toBeLessThan(1000);
    expect(refusalOf(answer)).toEqual([401, 'session_ended', INVALID_TOKEN]);
  });

  it('ends with the key of its reader: who waits is told what any request with the key is told', async () => {
    const accounts = await ServiceAccountsOf.of(here);
    const reader = await accounts.create('revocations:read');
    const waiting = there.call({ url: `/revocations?after=${await end()}&wait=30`, token: reader.key });
    await delay(100);
    await accounts.revokeKey(reader);
    expect(refusalOf(await waiting)).toEqual([401, 'invalid_token', INVALID_TOKEN]);
  });

  it('tells a key that lost a scope so, and lets it go on at its pace', async () => {
    const accounts = await ServiceAccountsOf.of(here);
    const reader = await accounts.create('revocations:read', 'tokens:introspect');
    const next = async (after: string) => {
      const answer = await there.call({ url: `/revocations?after=${after}&wait=30`, token: reader.key });
      expect([answer.statusCode, answer.body]).toEqual([200, expect.any(String)]);
      return answer.json<Revocations>();
    };
    const waiting = next(await end());
    await accounts.change(reader, { scopes: ['revocations:read'] });
    const { items, cursor } = await waiting;
    expect(items).toEqual([expect.objectContaining({ keyId: reader.keyId, reason: 'reduced' })]);
    const startedMs = performance.now();
    await next(cursor);
    await next(cursor);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(1900);
    const followed = await follow(there, reader.key, cursor);
    await followed.ended;
    expect(followed.lines.length).toBeGreaterThan(2);
  });

  it('ends for a key whose end the client has seen, where an instance does not know of it yet', async () => {
    const accounts = await ServiceAccountsOf.of(here);
    const [dead, living] = [
      await accounts.create('revocations:read'),
      await accounts.create('revocations:read'),
    ];
    const reader = there.app.get(KeyReader, { strict: false });
    const answers = there.app.get(RevocationAnswers, { strict: false });
    const before = await Promise.all(
      [dead, living].map(({ key }) => reader.read(key, { network: '192.0.2.1' })),
    );
    await accounts.revokeKey(dead);
    const cursor = Number(await end());
    const [ofDead, ofLiving] = await Promise.all(before.map((caller) => answers.stream(caller, cursor)));
    onTestFinished(() => void ofLiving!.destroy());
    expect(await ofDead!.toArray()).toEqual(['\n']);
    expect(await ofLiving!.take(2).toArray()).toEqual(['\n', '\n']);

    const ask = (caller: Principal | undefined, seconds: number) =>
      answers.page(caller!, cursor, seconds, new AbortController().signal);
    let startedMs = performance.now();
    expect((await ask(before[1], 1)).items).toEqual([]);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
    startedMs = performance.now();
    const asked = ask(before[0], 5);
    await accounts.revokeKey(living);
    expect((await asked).items).toMatchObject([{ keyId: living.keyId, reason: 'key_revoked' }]);
    expect(performance.now() - startedMs).toBeGreaterThan(900);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it('ends a wait when the token of its reader expires', async () => {
    const accounts = await ServiceAccountsOf.of(here);
    const { key } = await accounts.create('revocations:read');
    const caller = await here.app.get(KeyReader, { strict: false }).read(key, { network: '192.0.2.1' });
    const answers = here.app.get(RevocationAnswers, { strict: false });
    const startedMs = performance.now();
    const expired = { ...caller, expiresAt: Math.floor(Date.now() / 1000) };
    const waiting = answers.page(expired, Number(await end()), 5, new AbortController().signal);
    await expect(waiting).rejects.toMatchObject({ row: { code: 'invalid_token' } });
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  it('is one call in the trail, however long it is followed', async () => {
    const reader = await createPerson(here, { roles: ['admin'] });
    const followed = await follow(here, reader.accessToken);
    await eventually(() => expect(followed.lines.length).toBeGreaterThan(3));
    await here.call({ url: '/revocations?wait=1&after=0', token: reader.accessToken });
    const calls = await eventually(async () => {
      const rows = await asSuperuser<{ status: number }>(
        here.database,
        `SELECT status FROM audit_calls WHERE route = '/revocations' AND user_id = $1`,
        [reader.user.id],
      );
      expect(rows.length).toBeGreaterThanOrEqual(2);
      return rows;
    });
    expect(calls).toEqual([{ status: 200 }, { status: 200 }]);
  });

  it('says which tokens of a session claim too much once a factor is gone; the next token is a later one', async () => {
    const signed = await createPerson(here);
    const totp = await enrolTotp(here, signed, Date.now());
    const raised = await here.call({ url: '/auth/refresh', body: { refreshToken: signed.refreshToken } });
    const { accessToken: token, refreshToken } = raised.json<Tokens>();
    expect(claimsOf(token)['acr']).toBe('aal2');
    const after = await end();
    const removed = await here.call({ method: 'DELETE', url: `/users/me/factors/${totp.id}`, token });
    expect(removed.statusCode).toBe(204);
    const { items } = await revocationsAfter(here, admin, after);
    expect(items).toMatchObject([{ sessionId: signed.session.id, keyId: null, reason: 'reduced' }]);
    const lowered = await here.call({ url: '/auth/refresh', body: { refreshToken } });
    const claims = claimsOf(lowered.json<Tokens>().accessToken);
    expect(claims['acr']).toBe('aal1');
    const second = Math.floor(Date.parse(items[0]!.revokedAt) / 1000);
    expect(claimsOf(token)['iat']).toBeLessThanOrEqual(second);
    expect(claims['iat']).toBeGreaterThan(second);
  });

  it('has an item for each session of an account that is deleted', async () => {
    const signed = await createPerson(here, { roles: ['auditor'] });
    const after = await end();
    await here.app
      .get(AccountAdministration, { strict: false })
      .delete(signed.user.email, internalOrigin('operator'));
    const { items } = await revocationsAfter(here, admin, after);
    expect(items).toMatchObject([{ sessionId: signed.session.id, reason: 'deleted' }]);
  });

  it('is answered at a drain: who waits at once, and streams end', async () => {
    const leaving = await startBeside(here, { listen: true });
    const cursor = await end();
    const followed = await follow(leaving, admin, cursor);
    const waiting = fetch(`${leaving.url}/revocations?after=${cursor}&wait=30`, {
      headers: { authorization: `Bearer ${admin}` },
    });
    await eventually(() => expect(followed.lines.length).toBeGreaterThan(0));
    await delay(100);
    const startedMs = performance.now();
    const closed = leaving.close();
    const answer = await waiting;
    expect([answer.status, await answer.json()]).toEqual([200, { items: [], cursor }]);
    await followed.ended;
    expect(performance.now() - startedMs).toBeLessThan(1000);
    await closed;
  });
});

describe('the list of revocations over time', () => {
  it('keeps an item as long, although the clock of the instance that cleans up is ahead', async () => {
    const app = await startApp();
    onTestFinished(() => app.close());
    const ahead = await startBeside(app, { clock: new WrongClock(new SystemClock(), 86_400_000) });
    onTestFinished(() => ahead.close());
    const { accessToken: token } = await createPerson(app, { roles: ['admin'] });
    const { cursor } = await revocationsAfter(app, token);
    await logOut(app, await createPerson(app));
    await ahead.app.get(RevocationRetention, { strict: false }).enforce();
    expect((await revocationsAfter(app, token, cursor)).items).toHaveLength(1);
  });

  it('keeps an item for a minute after its last token, and then refuses older cursors', async () => {
    const clock = new ManualClock(Date.now());
    const app = await startApp({ clock });
    onTestFinished(() => app.close());
    const retention = app.app.get(RevocationRetention, { strict: false });
    const signIn = () => createPerson(app, { roles: ['admin'] });
    let { accessToken: token } = await signIn();
    const start = (await revocationsAfter(app, token)).cursor;
    await logOut(app, await createPerson(app));
    const { items, cursor } = await revocationsAfter(app, token, start);
    expect(items).toHaveLength(1);
    const advance = async (ms: number) => {
      clock.advance(ms);
      await retention.enforce();
      ({ accessToken: token } = await signIn());
    };
    await advance(Date.parse(items[0]!.expiresAt) + 59_000 - clock.nowMs());
    expect((await revocationsAfter(app, token, start)).items[0]).toEqual(items[0]);
    await advance(2000);
    const expired = await app.call({ url: `/revocations?after=${start}`, token });
    expect([expired.statusCode, expired.json().code]).toEqual([410, 'cursor_expired']);
    expect(sessionsIn((await revocationsAfter(app, token)).items)).not.toContain(items[0]!.sessionId);
    await expect(revocationsAfter(app, token, cursor)).resolves.toBeDefined();
  });
});

describe('the list of revocations in trouble', () => {
  it('is refused without PostgreSQL; streams fall silent, and continue without a gap', async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.drop());
    const proxy = await startTcpProxy(Number(new URL(database.url).port));
    onTestFinished(() => proxy.stop());
    const through = Object.assign(new URL(database.url), { port: String(proxy.port), hostname: '127.0.0.1' });
    const app = await startApp({ database, listen: true, variables: { DATABASE_URL: through.href } });
    onTestFinished(() => app.close());
    const { accessToken: token } = await createPerson(app, { roles: ['admin'] });
    const [before, during] = [await createPerson(app), await createPerson(app)];
    const { cursor } = await revocationsAfter(app, token);
    const followed = await follow(app, token, cursor);
    await logOut(app, before);
    await eventually(() => expect(followed.items).toHaveLength(1));

    proxy.cut();
    const refused = await app.call({ url: `/revocations?after=${cursor}`, token });
    expect([refused.statusCode, refused.json().code]).toEqual([503, 'dependency_unavailable']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const silentFrom = followed.lines.length;
    await delay(1200);
    expect(followed.lines.length).toBe(silentFrom);

    proxy.heal();
    await eventually(() => logOut(app, during));
    await eventually(() =>
      expect(sessionsIn(followed.items)).toEqual([before.session.id, during.session.id]),
    );
  });
});

describe('the list of revocations of instances that issue tokens of other lifetimes', () => {
  const lifetime = (minutes: string) => ({ variables: { JWT_ACCESS_TOKEN_EXPIRE_MINUTES: minutes } });
  let long: TestApp;
  let short: TestApp;
  let admin: string;
  beforeAll(async () => {
    long = await startApp(lifetime('60'));
    short = await startBeside(long, lifetime('5'));
    ({ accessToken: admin } = await createPerson(long, { roles: ['admin'] }));
  });
  afterAll(async () => {
    await short.close();
    await long.close();
  });

  const refresh = async ({ call }: TestApp, { refreshToken }: Tokens) =>
    (await call({ url: '/auth/refresh', body: { refreshToken } })).json<Tokens>();
  const expiryOf = ({ accessToken }: Tokens) => Number(claimsOf(accessToken)['exp']) * 1000;
  const listedUntil = async ({ session }: Pick<Tokens, 'session'>) => {
    const { items } = await revocationsAfter(long, admin);
    return Date.parse(items.find(({ sessionId }) => sessionId === session.id)!.expiresAt);
  };

  it.each<[string, () => Promise<Tokens>]>([
    ['a login', () => createPerson(long)],
    ['a rotation', async () => refresh(long, await createPerson(short))],
    [
      'a rotation under the lock',
      async () => {
        const signed = await refresh(short, await createPerson(short));
        await asSuperuser(
          long.database,
          `UPDATE sessions SET rotated_at = rotated_at - interval '10001 ms' WHERE id = $1`,
          [signed.session.id],
        );
        const holder = new Client(long.database.superuserUrl);
        await holder.connect();
        await holder.query('BEGIN');
        await holder.query('SELECT FROM sessions WHERE id = $1 FOR UPDATE', [signed.session.id]);
        const renewed = refresh(long, signed);
        await eventually(async () =>
          expect(
            await asSuperuser(
              long.database,
              `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
            ),
          ).toHaveLength(1),
        );
        await holder.end();
        return renewed;
      },
    ],
    [
      'a second use of a refresh token',
      async () => refresh(long, await refresh(short, await createPerson(short))),
    ],
  ])('lists a session until its token has expired, that of %s', async (_way, issue) => {
    const signed = await issue();
    expect(expiryOf(signed)).toBeGreaterThan(Date.now() + 55 * 60_000);
    await logOut(short, signed);
    expect(await listedUntil(signed)).toBeGreaterThanOrEqual(expiryOf(signed));
  });

  it('lists it for as long if another instance has renewed it since', async () => {
    const signed = await createPerson(long);
    const renewed = await refresh(short, signed);
    expect(expiryOf(renewed)).toBeLessThan(Date.now() + 6 * 60_000);
    await logOut(short, renewed);
    expect(await listedUntil(signed)).toBeGreaterThanOrEqual(expiryOf(signed));
  });

  it('lists all sessions of an account for as long', async () => {
    const [signed, other] = [await createPerson(long), await createPerson(long)];
    const administration = short.app.get(AccountAdministration, { strict: false });
    for (const { user } of [signed, other])
      await administration.disable(user.email, internalOrigin('operator'));
    for (const ended of [signed, other])
      expect(await listedUntil(ended)).toBeGreaterThanOrEqual(expiryOf(ended));
  });

  it('lists a session that has lost its level for as long', async () => {
    const signed = await createPerson(long);
    const { id } = await enrolTotp(long, signed, Date.now());
    const strong = await refresh(long, signed);
    const url = `/users/me/factors/${id}`;
    await short.call({ method: 'DELETE', url, token: strong.accessToken });
    expect(await listedUntil(strong)).toBeGreaterThanOrEqual(expiryOf(strong));
  });

  it('lists a session of the previous version, which did not note when its token expires', async () => {
    const signed = await createPerson(short);
    await asSuperuser(long.database, 'UPDATE sessions SET tokens_expire_at = NULL WHERE id = $1', [
      signed.session.id,
    ]);
    await logOut(short, signed);
    expect(await listedUntil(signed)).toBeGreaterThanOrEqual(expiryOf(signed));
  });
});
