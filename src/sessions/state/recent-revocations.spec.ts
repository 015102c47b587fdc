import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import type { SessionCache } from './session-cache.js';
import { RecentRevocations } from './recent-revocations.js';
import type { SessionsRepository } from '../sessions.repository.js';

const MINUTE_MS = 60_000;

describe('RecentRevocations', () => {
  const looks: number[] = [];
  let feed: RecentRevocations;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    looks.length = 0;
    const sessions = {
      changedWithin: async (seconds: number) => (looks.push(seconds), []),
    } as unknown as SessionsRepository;
    const environment = Object.assign(new Environment(), { JWT_ACCESS_TOKEN_EXPIRE_MINUTES: 30 });
    feed = new RecentRevocations(sessions, { configured: true } as SessionCache, environment);
    await feed.onModuleInit();
  });
  afterEach(() => {
    feed.onApplicationShutdown();
    vi.useRealTimers();
  });

  it('remembers the end of a session for as long as one of its tokens can be valid, and no longer', async () => {
    feed.note(['a session']);
    await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
    expect(feed.hasEnded('a session')).toBe(true);
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(feed.hasEnded('a session')).toBe(false);
  });

  it('remembers for as long up to which second the tokens of a session are void, the latest one', async () => {
    feed.noteReduced('a session', new Date(5900));
    feed.noteReduced('a session', new Date(4000));
    await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
    expect(feed.voidUntil('a session')).toBe(5);
    feed.noteReduced('a session', new Date(7000));
    await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
    expect(feed.voidUntil('a session')).toBe(7);
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(feed.voidUntil('a session')).toBeUndefined();
  });

  it('reads at startup all sessions that ended while their tokens can still be valid', () => {
    expect(looks[0]).toBeGreaterThanOrEqual(30 * 60);
  });
});
