import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import type { SessionCache } from './session-cache.js';
import { RecentRevocations } from './recent-revocations.js';
import type { ChangedSession, SessionChangesRepository } from './session-changes.repository.js';

const MINUTE_MS = 60_000;

describe('RecentRevocations', () => {
  const looks: Parameters<SessionChangesRepository['since']>[] = [];
  /** The time on PostgreSQL's clock. */
  let readAt: string;
  let isReadable: boolean;
  let changed: ChangedSession[];
  let feed: RecentRevocations;
  beforeEach(async () => {
    vi.spyOn(Logger.prototype, 'debug').mockReturnValue();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    looks.length = 0;
    readAt = 'the start';
    isReadable = true;
    changed = [];
    const changes = {
      since: async (...look: (typeof looks)[number]) => {
        looks.push(look);
        if (!isReadable) throw new Error('PostgreSQL is away');
        return { readAt, changed: changed.splice(0) };
      },
    } as unknown as SessionChangesRepository;
    const environment = Object.assign(new Environment(), { JWT_ACCESS_TOKEN_EXPIRE_MINUTES: 30 });
    feed = new RecentRevocations(changes, { configured: true } as SessionCache, environment);
    await feed.onModuleInit();
  });
  afterEach(() => {
    feed.onApplicationShutdown();
    vi.useRealTimers();
    vi.restoreAllMocks();
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

  it('remembers both for longer if an instance has issued a token that lives longer', async () => {
    feed.note(['an ended session']);
    feed.noteReduced('a reduced session', new Date(5900));
    changed = [
      { id: 'an ended session', reducedAt: null, validMs: 60 * MINUTE_MS },
      { id: 'a reduced session', reducedAt: new Date(5900), validMs: 60 * MINUTE_MS },
    ];
    await vi.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect([feed.hasEnded('an ended session'), feed.voidUntil('a reduced session')]).toEqual([true, 5]);
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect([feed.hasEnded('an ended session'), feed.voidUntil('a reduced session')]).toEqual([
      false,
      undefined,
    ]);
  });

  it('reads at startup all sessions that ended while tokens of the longest lifetime can still be valid', () => {
    const [[since, { mostSeconds }]] = looks as [(typeof looks)[number]];
    expect(since).toBeNull();
    expect(mostSeconds).toBeGreaterThanOrEqual(24 * 60 * 60);
  });

  it('reads later what changed since the last read that succeeded, by the clock of PostgreSQL alone', async () => {
    readAt = 'an hour later, for which the machine was suspended';
    await vi.advanceTimersByTimeAsync(300);
    expect(looks.at(-1)![0]).toBe('the start');
    isReadable = false;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(looks.at(-1)![0]).toBe(readAt);
    isReadable = true;
    const before = readAt;
    readAt = 'after the outage';
    await vi.advanceTimersByTimeAsync(300);
    expect(looks.at(-1)![0]).toBe(before);
    await vi.advanceTimersByTimeAsync(300);
    expect(looks.at(-1)![0]).toBe('after the outage');
  });

  it('forgets in time also while it cannot read', async () => {
    feed.note(['a session']);
    isReadable = false;
    await vi.advanceTimersByTimeAsync(32 * MINUTE_MS);
    expect(feed.hasEnded('a session')).toBe(false);
  });
});
