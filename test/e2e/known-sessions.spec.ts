import { Redis } from 'ioredis';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  it,
  onTestFinished,
  vi,
} from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { RedisNotices } from '../../src/platform/redis/redis-notices.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { SessionChangesRepository } from '../../src/sessions/state/session-changes.repository.js';
import { RecentRevocations } from '../../src/sessions/state/recent-revocations.js';
import { SessionCache } from '../../src/sessions/state/session-cache.js';
import { PASSWORD, type Tokens } from '../support/app/accounts.js';
import { createAccount, openSession } from '../support/app/people.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { insist } from '../support/app/insist.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { RACE_ROUNDS } from '../support/races/race-rounds.js';
import { startTcpProxy } from '../support/network/tcp-proxy.js';
import { type RedisServer, startRedis } from '../support/redis/redis-server.js';
import { eventually } from '../support/time/eventually.js';

const ORIGIN = internalOrigin('operator');
const SESSIONS = 16;
const NEW_PASSWORD = 'seven quiet herons cross the weir';

interface Change {
  readonly name: string;
  /** Whether the session that makes it stays live. */
  readonly keepsItsOwn?: boolean;
  /** Made by one of the sessions of an account. */
  readonly change: (app: TestApp, email: string, by: Tokens) => Promise<unknown>;
}

const administration = ({ app }: TestApp) => app.get(AccountAdministration, { strict: false });

/** Changes that end sessions of an account. */
const CHANGES: readonly Change[] = [
  {
    name: 'the end of all others by their owner',
    keepsItsOwn: true,
    change: (app, _email, { accessToken: token }) =>
      app.call({ method: 'DELETE', url: '/users/me/sessions', token }),
  },
  {
    name: 'a change of the password',
    keepsItsOwn: true,
    change: (app, _email, { accessToken: token }) =>
      app.call({
        method: 'PUT',
        url: '/users/me/password',
        body: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
        token,
      }),
  },
  { name: 'other roles', change: (app, email) => administration(app).setRoles(email, ['auditor'], ORIGIN) },
  { name: 'disabling', change: (app, email) => administration(app).disable(email, ORIGIN) },
  { name: 'deleting', change: (app, email) => administration(app).delete(email, ORIGIN) },
];

describe.skipIf(inject('redis').kind !== 'own')('a session that a process knows', () => {
  let redis: RedisServer;
  let here: TestApp;
  let there: TestApp;
  let email: string;

  beforeAll(async () => {
    redis = await startRedis();
    const variables = { REDIS_URL: redis.url };
    here = await startApp({ variables });
    there = await startBeside(here, { variables });
  });
  beforeEach(async () => {
    email = await createAccount(here);
    await trust();
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  afterAll(async () => {
    await there.close();
    await here.close();
    await redis.stop();
  });

  const apps = () => [here, there];
  const me = (app: TestApp, token: string) => app.call({ url: '/users/me', token });
  const stateOn = async (app: TestApp, { accessToken }: Tokens) => {
    const answer = await insist(() => me(app, accessToken));
    return answer.statusCode === 200 ? 'alive' : String(answer.json().code);
  };
  const trust = () =>
    eventually(() => {
      for (const { app } of apps()) expect(app.get(RedisNotices).isCurrent).toBe(true);
    });
  const isKnown = ({ app }: TestApp, { user, session }: Tokens) =>
    app.get(SessionCache, { strict: false }).remembered(user.id, session.id) !== null;

  /** Makes requests until both processes know the sessions. */
  const use = async (...sessions: readonly Tokens[]) => {
    await eventually(
      async () => {
        for (const app of apps()) {
          for (const session of sessions) expect(await stateOn(app, session)).toBe('alive');
          expect(sessions.every((session) => isKnown(app, session))).toBe(true);
        }
      },
      { intervalMs: 1 },
    );
  };
  const openSessions = async (count: number) => {
    const sessions: Tokens[] = [];
    for (let n = 0; n < count; n += 1) sessions.push(await openSession(n % 2 ? here : there, email));
    return sessions;
  };
  const logOut = (app: TestApp, { accessToken: token }: Tokens) =>
    app.call({ method: 'POST', url: '/auth/logout', token });

  it('costs no command of Redis and no query', async () => {
    const session = await openSession(here, email);
    await use(session);
    const reads = [
      vi.spyOn(there.app.get(SessionCache, { strict: false }), 'read'),
      vi.spyOn(there.app.get(SessionsRepository, { strict: false }), 'findLive'),
    ];
    const answers = await Promise.all(Array.from({ length: 50 }, () => stateOn(there, session)));
    expect(new Set(answers)).toEqual(new Set(['alive']));
    for (const read of reads) expect(read).not.toHaveBeenCalled();
  });

  it('is refused by every process from its logout on, also while it is in use', async () => {
    for (let round = 0; round < RACE_ROUNDS; round += 1) {
      const sessions = await openSessions(SESSIONS);
      await use(...sessions);
      await Promise.all(
        sessions.map(async (session, index) => {
          const [from, to] = index % 2 ? [here, there] : [there, here];
          const over = new AbortController();
          onTestFinished(() => over.abort());
          const inUse = (async () => {
            while (!over.signal.aborted) await Promise.all([stateOn(to, session), stateOn(to, session)]);
          })();
          await insist(() => logOut(from, session));
          expect([await stateOn(to, session), await stateOn(from, session)]).toEqual([
            'session_ended',
            'session_ended',
          ]);
          over.abort();
          await inUse;
          expect(await stateOn(to, session)).toBe('session_ended');
        }),
      );
    }
  });

  it.each(CHANGES)('is refused by every process from $name on', async ({ change, keepsItsOwn = false }) => {
    const [own, ...others] = (await openSessions(SESSIONS)) as [Tokens, ...Tokens[]];
    await use(own, ...others);
    await change(here, email, own);
    for (const session of others) expect(await stateOn(there, session)).toBe('session_ended');
    expect(await stateOn(there, own)).toBe(keepsItsOwn ? 'alive' : 'session_ended');
  });

  it('shows a changed profile in every process as soon as the change is answered', async () => {
    const sessions = await openSessions(2);
    for (let round = 0; round < 10 * RACE_ROUNDS; round += 1) {
      await use(...sessions);
      const [from, to] = round % 2 ? [here, there] : [there, here];
      const displayName = `Ada ${round}`;
      const [{ accessToken: token }, { accessToken: other }] = sessions as [Tokens, Tokens];
      await from.call({ method: 'PUT', url: '/users/me', body: { displayName }, token });
      expect((await me(to, other)).json().displayName).toBe(displayName);
      expect((await me(from, other)).json().displayName).toBe(displayName);
    }
  });

  it('is not trusted while notices are lost, and nothing that changed meanwhile is', async () => {
    const session = await openSession(here, email);
    const writer = new Redis(redis.url);
    onTestFinished(() => writer.disconnect());
    for (let round = 0; round < 5; round += 1) {
      await use(session);
      await writer.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      const displayName = `Ada ${round}`;
      const { accessToken: token } = session;
      await here.call({ method: 'PUT', url: '/users/me', body: { displayName }, token });
      await eventually(() => {
        for (const app of apps()) expect(app.app.get(RedisNotices).isCurrent).toBe(true);
      });
      expect((await me(there, token)).json().displayName).toBe(displayName);
    }
    await writer.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => expect(isKnown(there, session)).toBe(false), { intervalMs: 1 });
    await logOut(here, session);
    expect(await stateOn(there, session)).toBe('session_ended');
  });

  it('shows a changed profile within a second if the notice does not arrive', async () => {
    const session = await openSession(here, email);
    const proxy = await startTcpProxy(redis.port);
    onTestFinished(() => proxy.stop());
    const direct = there;
    there = await startBeside(here, { variables: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` } });
    onTestFinished(async () => {
      await there.close();
      there = direct;
    });
    await trust();
    await use(session);
    const held = proxy.holdBack(Buffer.from(session.user.id));
    const { accessToken: token } = session;
    await here.call({ method: 'PUT', url: '/users/me', body: { displayName: 'Countess' }, token });
    await held;
    const nameThere = async () => (await me(there, token)).json().displayName;
    await expect.poll(nameThere, { timeout: 1100, interval: 20 }).toBe('Countess');
  });

  it.each(['stopped', 'paused'])(
    'is refused by every process within a second if Redis is %s',
    async (how) => {
      const session = await openSession(here, email);
      await use(session);
      if (how === 'stopped') {
        await redis.kill();
        onTestFinished(() => redis.restart());
      } else {
        redis.pause();
        onTestFinished(() => redis.resume());
      }
      await logOut(here, session);
      expect(await stateOn(here, session)).toBe('session_ended');
      await expect.poll(() => stateOn(there, session), { timeout: 1000, interval: 20 }).toBe('session_ended');
    },
  );

  it('is read from PostgreSQL while the process cannot read what has ended', async () => {
    const session = await openSession(here, email);
    await use(session);
    const feed = there.app.get(RecentRevocations, { strict: false });
    vi.spyOn(there.app.get(SessionChangesRepository, { strict: false }), 'since').mockRejectedValue(
      new Error('away'),
    );
    await eventually(() => expect(feed.isCurrent).toBe(false));
    // No process announces this end.
    await asSuperuser(there.database, 'UPDATE sessions SET revoked_at = now() WHERE id = $1', [
      session.session.id,
    ]);
    expect(await stateOn(there, session)).toBe('session_ended');
  });

  it('is refused within a second if only PostgreSQL says that it has ended', async () => {
    const session = await openSession(here, email);
    await use(session);
    await asSuperuser(there.database, 'UPDATE sessions SET revoked_at = now() WHERE id = $1', [
      session.session.id,
    ]);
    await expect.poll(() => stateOn(there, session), { timeout: 1000, interval: 20 }).toBe('session_ended');
  });

  it('is refused although its end, or the loss of its level, was committed half a minute after it was dated', async () => {
    const [ended, reduced] = [await openSession(here, email), await openSession(here, email)];
    await use(ended, reduced);
    const feed = there.app.get(RecentRevocations, { strict: false });
    await eventually(() => expect(feed.isCurrent).toBe(true));
    for (const [column, { session }] of [
      ['revoked_at', ended],
      ['reduced_at', reduced],
    ] as const)
      await asSuperuser(
        there.database,
        `UPDATE sessions SET ${column} = now() - interval '35 seconds' WHERE id = $1`,
        [session.id],
      );
    const known = () => [feed.hasEnded(ended.session.id), feed.voidUntil(reduced.session.id) !== undefined];
    await expect.poll(known, { timeout: 1000, interval: 20 }).toEqual([true, true]);
    expect(await stateOn(there, ended)).toBe('session_ended');
  });
});
