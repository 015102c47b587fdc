import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Profile } from '../../../src/platform/access/profile.js';
import type { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
import { SessionCache } from '../../../src/sessions/state/session-cache.js';
import { ProfileChanges } from '../../../src/users/profile-changes.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { connect } from '../../support/redis/connect.js';
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

describeWithRedis('the copy of an account', () => {
  let server: RedisServer;
  let connection: RedisConnection;
  let clock: ManualClock;
  let cache: SessionCache;
  let user: string;
  const session = randomUUID();
  const other = randomUUID();

  beforeAll(async () => {
    server = await startRedis();
    connection = await connect([server.url]);
  });
  afterAll(async () => {
    connection.onApplicationShutdown();
    await server.stop();
  });
  beforeEach(() => {
    clock = new ManualClock();
    cache = new SessionCache(connection, clock, new ProfileChanges());
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
});
