import { Redis } from 'ioredis';
import { TestRunner } from 'vitest';
import type { RedisServer } from './redis-server.js';

const DATABASES = 16;
const LEASE_SECONDS = 600;
const LEASE_KEY = 'portcullis:test:lease';

/**
 * Reserves a logical database of a shared server; it is emptied before and after its use. Tests that would have to
 * stop or reconfigure the server are skipped, with the reason.
 */
export async function borrowRedis(url: string): Promise<RedisServer> {
  const redis = new Redis(url);
  const index = await lease(redis);
  const borrowed = new URL(url);
  borrowed.pathname = `/${index}`;
  return {
    url: borrowed.href,
    port: Number(borrowed.port || 6379),
    get pid() {
      return unbreakable();
    },
    kill: async () => unbreakable(),
    pause: unbreakable,
    resume: unbreakable,
    restart: async () => unbreakable(),
    stop: async () => {
      await redis.flushdb();
      await redis.quit();
    },
  };
}

async function lease(redis: Redis): Promise<number> {
  for (let index = DATABASES - 1; index > 0; index--) {
    await redis.select(index);
    if ((await redis.set(LEASE_KEY, 'leased', 'EX', LEASE_SECONDS, 'NX')) === null) continue;
    return index;
  }
  throw new Error('Every logical database of TEST_REDIS_URL is in use.');
}

function unbreakable(): never {
  const note = 'breaks Redis, which needs redis-server on PATH';
  TestRunner.getCurrentTest()?.context.skip(note);
  throw new Error(`This hook ${note}.`);
}
