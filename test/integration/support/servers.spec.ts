import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis/redis-server.js';

async function valueOf(url: string, sql: string): Promise<unknown> {
  const client = new Client(url);
  await client.connect();
  try {
    return Object.values((await client.query(sql)).rows[0])[0];
  } finally {
    await client.end();
  }
}

describe('A fresh database', () => {
  let db: FreshDatabase;
  beforeAll(async () => {
    db = await freshDatabase();
  });
  afterAll(() => db.drop());

  it('is migrated and belongs to the owner', async () => {
    expect(await valueOf(db.ownerUrl, 'SELECT count(*)::int FROM migrations')).toBeGreaterThan(0);
    expect(
      await valueOf(db.superuserUrl, "SELECT tableowner FROM pg_tables WHERE tablename = 'installation'"),
    ).toBe(await valueOf(db.ownerUrl, 'SELECT current_user'));
  });

  it('has a service role that is neither the owner nor a superuser', async () => {
    expect(await valueOf(db.url, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).toBe(false);
    expect(await valueOf(db.superuserUrl, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).toBe(
      true,
    );
    await expect(valueOf(db.url, 'DROP TABLE installation')).rejects.toThrow(
      'must be owner of table installation',
    );
  });

  it('is not shared with another one', async () => {
    const other = await freshDatabase();
    await valueOf(db.url, "INSERT INTO installation VALUES ('one', sha256('x')) RETURNING variable");
    expect(await valueOf(other.url, 'SELECT count(*)::int FROM installation')).toBe(0);
    await other.drop();
    await expect(valueOf(other.url, 'SELECT 1')).rejects.toThrow('does not exist');
  });
});

describeWithRedis('The Redis server of a spec', () => {
  let redis: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url, { commandTimeout: 100, retryStrategy: () => 20, maxRetriesPerRequest: 0 });
    client.on('error', () => {});
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });

  it('responds, stops responding, and responds again', async () => {
    expect(await client.set('key', 'value')).toBe('OK');
    redis.pause();
    await expect(client.get('key')).rejects.toThrow('Command timed out');
    redis.resume();
    expect(await client.get('key')).toBe('value');
  });

  it('is empty after a restart on the same port', async () => {
    const { pid } = redis;
    await redis.restart();
    expect(redis.pid).not.toBe(pid);
    const again = new Redis(redis.url);
    expect(await again.dbsize()).toBe(0);
    again.disconnect();
  });
});
