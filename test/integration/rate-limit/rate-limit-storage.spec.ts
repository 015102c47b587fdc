import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { SystemClock } from '../../../src/platform/clock/clock.js';
import type { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
import { RedisUnavailable } from '../../../src/platform/redis/redis-unavailable.js';
import { RateLimitStorage } from '../../../src/rate-limit/rate-limit-storage.js';
import { LeasedWindows } from '../../../src/rate-limit/windows/leased-windows.js';
import { MemoryWindows } from '../../../src/rate-limit/windows/memory-windows.js';
import { RedisWindows } from '../../../src/rate-limit/windows/redis-windows.js';
import type { Window } from '../../../src/rate-limit/windows/window.js';
import { startTcpProxy } from '../../support/network/tcp-proxy.js';
import { type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import { eventually } from '../../support/time/eventually.js';
import { connect } from '../../support/redis/connect.js';

const minute = (limit: number): Window => ({
  key: `rl:{${randomUUID()}}`,
  limit,
  windowMs: 60_000,
  grain: 1,
});

const openStores = (over: RedisConnection) => {
  const clock = new SystemClock();
  const leased = new LeasedWindows(over, new RedisWindows(over, clock));
  const local = new MemoryWindows(clock);
  return { leased, local, storage: new RateLimitStorage(over, leased, local) };
};
const open = (over: RedisConnection) => openStores(over).storage;

describe.skipIf(inject('redis').kind !== 'own')('limits while Redis has a fault', () => {
  let server: RedisServer;
  let connection: RedisConnection;
  let storage: RateLimitStorage;

  beforeEach(async () => {
    server = await startRedis();
    connection = await connect([server.url]);
    storage = open(connection);
  });
  afterEach(async () => {
    connection.onApplicationShutdown();
    await server.stop();
  });

  const becomes = (state: 'up' | 'down', timeoutMs: number) =>
    eventually(() => expect(connection.state).toBe(state), { timeoutMs });

  async function admitted(window: Window, requests: number, over = storage): Promise<number> {
    const answers = await Promise.all(Array.from({ length: requests }, () => over.consume([window])));
    return answers.filter(([decision]) => decision!.allowed).length;
  }

  async function asServer<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(server.url);
    try {
      return await command(redis);
    } finally {
      redis.disconnect();
    }
  }

  /**
   * Makes requests without pause until it is stopped; returns the slowest response time and the time of each
   * admission.
   */
  function underLoad(window: Window): { stop: () => Promise<{ slowestMs: number; admittedAt: number[] }> } {
    const stopping = new AbortController();
    let slowestMs = 0;
    const admittedAt: number[] = [];
    const clients = Array.from({ length: 20 }, async () => {
      while (!stopping.signal.aborted) {
        const askedAt = performance.now();
        const [decision] = await storage.consume([window]);
        slowestMs = Math.max(slowestMs, performance.now() - askedAt);
        if (decision!.allowed) admittedAt.push(performance.now());
        await new Promise(setImmediate);
      }
    });
    return {
      stop: async () => {
        stopping.abort();
        await Promise.all(clients);
        return { slowestMs, admittedAt };
      },
    };
  }

  it.each([
    { trouble: 'killed', begin: () => server.kill(), end: () => server.restart() },
    { trouble: 'paused', begin: async () => server.pause(), end: async () => server.resume() },
  ])('responds in time and enforces the limit while Redis is $trouble under load', async ({ begin, end }) => {
    const window = minute(50);
    const load = underLoad(window);
    await eventually(async () => expect(await admitted(window, 1)).toBe(0));
    await begin();
    await becomes('down', 1000);
    await eventually(async () => expect(await admitted(window, 1)).toBe(0), { timeoutMs: 1000 });
    await end();
    await becomes('up', 5000);
    await eventually(async () => expect(await admitted(window, 1)).toBe(0), { timeoutMs: 1000 });
    const { slowestMs, admittedAt } = await load.stop();
    expect(slowestMs).toBeLessThan(1000);
    // One limit each from Redis, from this process, and from a Redis that has lost its data.
    expect(admittedAt.length).toBeLessThanOrEqual(3 * window.limit);
  });

  it('counts nothing for callers who gave up on a paused Redis', async () => {
    const window = minute(100);
    await admitted(window, 10);
    server.pause();
    expect(await admitted(window, 50)).toBe(50);
    await delay(1000);
    server.resume();
    await becomes('up', 5000);
    const [decision] = await storage.consume([window]);
    expect(decision!.remaining).toBe(100 - 10 - 1);
  });

  it('counts a request at most once if its connection is reset before the reply', async () => {
    const proxy = await startTcpProxy(server.port);
    const fragile = await connect([`redis://127.0.0.1:${proxy.port}`]);
    const window = minute(100);
    proxy.resetOnAnswer();
    expect(await admitted(window, 20, open(fragile))).toBe(20);
    proxy.heal();
    const [decision] = await storage.consume([window]);
    expect(decision!.remaining).toBeGreaterThanOrEqual(100 - 20 - 1);
    fragile.onApplicationShutdown();
    await proxy.stop();
  });

  it('enforces the limit per process while Redis is full, and counts nothing there', async () => {
    const window = minute(5);
    await asServer((redis) => redis.config('SET', 'maxmemory', '1'));
    expect(await admitted(window, 20)).toBe(5);
    await becomes('down', 1000);
    expect(await admitted(window, 20)).toBe(0);
    await asServer((redis) => redis.config('SET', 'maxmemory', '0'));
    await becomes('up', 5000);
    expect(await asServer((redis) => redis.exists(window.key))).toBe(0);
  });

  it('enforces the limit per process while Redis is read-only', async () => {
    const window = minute(5);
    await asServer((redis) => redis.replicaof('127.0.0.1', '1'));
    expect(await admitted(window, 20)).toBe(5);
    await becomes('down', 1000);
    await asServer((redis) => redis.replicaof('NO', 'ONE'));
    await becomes('up', 5000);
    expect(await admitted(window, 20)).toBe(5);
  });

  it('reloads its script after SCRIPT FLUSH without a wrong decision', async () => {
    const window = minute(30);
    expect(await admitted(window, 10)).toBe(10);
    await asServer((redis) => redis.script('FLUSH'));
    expect(await admitted(window, 50)).toBe(20);
    expect(connection.state).toBe('up');
  });

  it('starts with empty windows after FLUSHALL', async () => {
    const window = minute(5);
    await admitted(window, 5);
    await asServer((redis) => redis.flushall());
    expect(await admitted(window, 20)).toBe(5);
  });

  it('leaves no key without an expiry', async () => {
    await admitted(minute(5), 10);
    await admitted({ ...minute(500), grain: 10 }, 100);
    const keys = await asServer((redis) => redis.keys('*'));
    expect(keys.length).toBeGreaterThanOrEqual(3);
    for (const key of keys) expect(await asServer((redis) => redis.pttl(key))).toBeGreaterThan(0);
  });

  it('takes an admission back where it was counted, although Redis is used again by then', async () => {
    const { leased, local, storage: both } = openStores(connection);
    const window = minute(10);
    await admitted(window, 3, both);
    vi.spyOn(leased, 'consume').mockRejectedValueOnce(new RedisUnavailable('no reply'));
    const counted = await both.count([window]);
    await counted.refund([window]);
    expect((await both.consume([window]))[0]!.remaining).toBe(10 - 3 - 1);
    expect((await local.consume([window]))[0]!.remaining).toBe(10 - 1);
  });

  it('takes nothing back in this process if Redis counted it and is unavailable by then', async () => {
    const { local, storage: both } = openStores(connection);
    const window = minute(10);
    const counted = await both.count([window]);
    await local.consume([window]);
    await server.kill();
    await counted.refund([window]);
    await becomes('down', 1000);
    await counted.refund([window]);
    expect((await both.consume([window]))[0]!.remaining).toBe(10 - 2);
  });

  it('returns records in the format of the throttler', async () => {
    const key = randomUUID();
    const records = [];
    for (let request = 0; request < 3; request++) records.push(await storage.increment(key, 60_000, 2));
    expect(records).toMatchObject([
      { totalHits: 1, isBlocked: false, timeToExpire: 60 },
      { totalHits: 2, isBlocked: false },
      { totalHits: 3, isBlocked: true, timeToBlockExpire: 60 },
    ]);
  });

  it('takes less than a kilobyte per caller and endpoint', async () => {
    const windows = Array.from({ length: 300 }, (): Window => ({ ...minute(100), grain: 2 }));
    for (let request = 0; request < 100; request++) {
      await Promise.all(windows.map((window) => storage.consume([window])));
    }
    for (const { key } of windows) {
      const bytes = await asServer((redis) => redis.call('MEMORY', 'USAGE', key) as Promise<number>);
      expect(bytes).toBeGreaterThan(8 * 50);
      expect(bytes).toBeLessThan(1024);
    }
  });
});
