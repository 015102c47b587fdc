import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../../src/platform/embedded-postgres/embedded-postgres.js';
import { memoryFolder } from '../files/memory-folder.js';
import { openTestCluster, type OpenTestCluster, type TestCluster } from '../postgres/test-cluster.js';
import { findRedis, type RedisSource } from '../redis/redis-source.js';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestCluster;
    redis: RedisSource;
  }
}

/** Vitest evaluates this file once per project; the servers are shared through the process. */
const shared = globalThis as { portcullisTestServers?: { servers: Promise<OpenTestCluster>; users: number } };

/** Vitest's global set-up: provides one PostgreSQL server to all projects of a run, and the source of Redis. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = findRedis();
  if (redis.kind === 'none' && process.env['CI'] === 'true') {
    throw new Error('Redis is missing: put redis-server on PATH or set TEST_REDIS_URL.');
  }
  shared.portcullisTestServers ??= { servers: openPostgres(), users: 0 };
  const { servers } = shared.portcullisTestServers;
  shared.portcullisTestServers.users += 1;
  project.provide('postgres', (await servers).cluster);
  project.provide('redis', redis);
  return async () => {
    const last = --shared.portcullisTestServers!.users === 0;
    if (last) await (await servers).close();
  };
}

async function openPostgres(): Promise<OpenTestCluster> {
  const url = process.env['TEST_DATABASE_URL'];
  if (url) return openTestCluster(url);
  // The folder is kept between runs, so that a run can adopt the server of a run that was killed. The databases of tests
  // are temporary, so writes need not survive a crash of the operating system. There is no standby, and the databases are
  // too short-lived to need vacuuming.
  const embedded = await startEmbeddedPostgres({
    dataDir: join(memoryFolder(), 'cluster'),
    logger: new Logger('TestPostgres'),
    settings: {
      max_connections: '300',
      fsync: 'off',
      full_page_writes: 'off',
      max_wal_size: '128MB',
      wal_level: 'minimal',
      max_wal_senders: '0',
      wal_compression: 'off',
      autovacuum: 'off',
    },
  });
  const { cluster, close } = await openTestCluster(embedded.superuserUrl, {
    cloneOptions: 'STRATEGY file_copy',
  });
  return {
    cluster,
    close: async () => {
      await close();
      await embedded.stop();
    },
  };
}
