import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Environment } from '../../../src/platform/config/environment.js';
import type { Profile } from '../../../src/platform/access/profile.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import type { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
import { RedisNotices } from '../../../src/platform/redis/redis-notices.js';
import { LocalAccountCache } from '../../../src/sessions/state/local-account-cache.js';
import { SessionCache } from '../../../src/sessions/state/session-cache.js';
import { ProfileChanges } from '../../../src/users/profile-changes.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { connect } from '../../support/redis/connect.js';
import { eventually } from '../../support/time/eventually.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis/redis-server.js';

const profileAt = (id: string, updatedAt: string): Profile => ({
  id,
  email: 'ada@example.org',
  displayName: updatedAt,
  roles: ['user'],
  locale: 'en',
  emailVerified: false,
  createdAt: '2026-11-01T00:00:00.000Z',
  updatedAt,
});

/** What one process has. */
interface Instance {
  readonly connection: RedisConnection;
  readonly notices: RedisNotices;
  readonly known: LocalAccountCache;
}

async function startInstance({ url }: RedisServer): Promise<Instance> {
  const connection = await connect([url]);
  const notices = new RedisNotices({ REDIS_URL: [url] } as Environment, connection, new SystemRandomness());
  const known = new LocalAccountCache(notices);
  known.onModuleInit();
  await eventually(() => expect(notices.isCurrent).toBe(true));
  return { connection, notices, known };
}

describeWithRedis('the copy of an account', () => {
  let server: RedisServer;
  let instances: Instance[];
  let clock: ManualClock;
  let cache: SessionCache;
  let elsewhere: SessionCache;
  let user: string;
  const session = randomUUID();
  const other = randomUUID();

  beforeAll(async () => {
    server = await startRedis();
    instances = [await startInstance(server), await startInstance(server)];
  });
  afterAll(async () => {
    for (const { connection, notices } of instances) {
      notices.onApplicationShutdown();
      connection.onApplicationShutdown();
    }
    await server.stop();
  });
  beforeEach(() => {
    clock = new ManualClock();
    [cache, elsewhere] = instances.map(
      ({ connection, known, notices }) =>
        new SessionCache(connection, clock, new ProfileChanges(), known, notices),
    ) as [SessionCache, SessionCache];
    user = randomUUID();
  });

  const profile = (updatedAt = '2026-11-25T12:00:00.000Z') => profileAt(user, updatedAt);
  const fill = (id: string, readAt = clock.now()) => cache.fill(id, profile(), readAt);
  const stateOf = async (id: string) => (await cache.read(user, id)).session;

  it('contains the state of a session and the profile of its owner', async () => {
    await fill(session);
    expect(await cache.read(user, session)).toEqual({ session: 'live', profile: profile() });
    expect(await stateOf(other)).toBeNull();
  });

  it('keeps the end of a session, even if it is filled again later', async () => {
    await cache.endSessions(user, [session]);
    await fill(session);
    expect(await stateOf(session)).toBe('over');
  });

  it('is trusted for thirty seconds after PostgreSQL was read, even if other sessions keep the account in Redis for longer', async () => {
    await fill(session);
    for (let seconds = 0; seconds < 30; seconds += 10) {
      clock.advance(10_000);
      await cache.renewProfile(profile(`2026-11-25T12:00:${seconds + 10}.000Z`));
      await cache.endSessions(user, [other]);
    }
    expect(await stateOf(session)).toBeNull();
  });

  it('is not trusted if it was written late because Redis or the process was paused', async () => {
    const readAt = clock.now();
    clock.advance(115_000);
    await fill(session, readAt);
    expect(await stateOf(session)).toBeNull();
  });

  it('is trusted again after PostgreSQL was read again', async () => {
    await fill(session);
    clock.advance(30_000);
    expect(await stateOf(session)).toBeNull();
    await fill(session);
    expect(await stateOf(session)).toBe('live');
  });

  it('is not trusted if its time is in the future, so that a wrong clock does not extend it', async () => {
    await fill(session, new Date(clock.nowMs() + 60_000));
    expect(await stateOf(session)).toBeNull();
  });

  it('keeps the newer of two profiles, regardless of the order of the writes', async () => {
    await cache.fill(session, profile('2026-11-25T12:00:02.000Z'), clock.now());
    await cache.fill(session, profile('2026-11-25T12:00:01.000Z'), clock.now());
    await cache.renewProfile(profile('2026-11-25T12:00:00.000Z'));
    expect((await cache.read(user, session)).profile?.updatedAt).toBe('2026-11-25T12:00:02.000Z');
  });

  /** Reads until the process has kept the copy; the notice of its own write may drop the first. */
  const keep = async (id: string, at = cache) =>
    eventually(
      async () => {
        await at.read(user, id);
        expect(at.remembered(user, id)?.id).toBe(user);
      },
      { intervalMs: 1 },
    );

  it('is kept in the process after it was read', async () => {
    await fill(session);
    expect(cache.remembered(user, session)).toBeNull();
    await keep(session);
    expect(cache.remembered(user, session)).toEqual(profile());
    expect(cache.remembered(user, other)).toBeNull();
  });

  it('is trusted in the process as long as in Redis: for thirty seconds after PostgreSQL was read', async () => {
    await fill(session);
    clock.advance(29_000);
    await keep(session);
    expect(cache.remembered(user, session)).not.toBeNull();
    clock.advance(1000);
    expect(cache.remembered(user, session)).toBeNull();
  });

  it.each<[string, (at: SessionCache) => Promise<void>]>([
    ['a session has ended', (at) => at.endSessions(user, [session])],
    ['another session has ended', (at) => at.endSessions(user, [other])],
    ['the profile has changed', (at) => at.renewProfile(profile('2026-11-25T12:00:01.000Z'))],
    ['the profile was removed', (at) => at.removeProfile(user)],
  ])('is not kept any more in any process once %s', async (_what, change) => {
    for (const changing of [cache, elsewhere]) {
      await fill(session);
      await keep(session);
      await keep(session, elsewhere);
      const changed = change(changing);
      expect(changing.remembered(user, session)).toBeNull();
      await changed;
      await new Promise(setImmediate);
      expect([cache.remembered(user, session), elsewhere.remembered(user, session)]).toEqual([null, null]);
      user = randomUUID();
    }
  });

  it('is not kept if it changes between the read and its reply', async () => {
    const [{ known }] = instances as [Instance];
    await fill(session);
    await keep(session);
    known.drop(user);
    const account = known.open(user);
    await elsewhere.endSessions(user, [session]);
    await new Promise(setImmediate);
    account.keep(session, clock.nowMs(), profile());
    expect(cache.remembered(user, session)).toBeNull();
  });

  it('is not kept if this process changes it between the read and its reply', async () => {
    await fill(session);
    const read = cache.read(user, session);
    const ended = cache.endSessions(user, [session]);
    await Promise.all([read, ended]);
    expect(cache.remembered(user, session)).toBeNull();
  });
});
