import { setTimeout as delay } from 'node:timers/promises';
import { SystemClock } from '../../../src/platform/clock/clock.js';
import { MemoryWindows } from '../../../src/rate-limit/windows/memory-windows.js';
import { LeasedWindows } from '../../../src/rate-limit/windows/leased-windows.js';
import { RedisWindows } from '../../../src/rate-limit/windows/redis-windows.js';
import type { WindowStore } from '../../../src/rate-limit/windows/window.js';
import { ManualClock } from '../time/manual-clock.js';
import { startRedisCluster } from '../servers/redis-cluster.js';
import { connect } from '../redis/connect.js';
import { startRedis } from '../redis/redis-server.js';

/** A store under test, with control over its time. */
export interface OpenWindowStore {
  readonly store: WindowStore;
  /** Advances the clock of the store; for Redis, this waits in real time. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

export async function openMemoryWindows(): Promise<OpenWindowStore> {
  const clock = new ManualClock();
  return {
    store: new MemoryWindows(clock),
    pass: async (ms) => clock.advance(ms),
    close: async () => undefined,
  };
}

export async function openRedisWindows(): Promise<OpenWindowStore> {
  const server = await startRedis();
  return overRedis([server.url], () => server.stop());
}

export async function openLeasedWindows(): Promise<OpenWindowStore> {
  const server = await startRedis();
  const connection = await connect([server.url]);
  const store = new LeasedWindows(connection, new RedisWindows(connection, new SystemClock()));
  store.onApplicationBootstrap();
  return {
    store,
    pass: async (ms) => {
      await delay(ms);
    },
    close: async () => {
      await store.beforeApplicationShutdown();
      connection.onApplicationShutdown();
      await server.stop();
    },
  };
}

export async function openClusterWindows(): Promise<OpenWindowStore> {
  const cluster = await startRedisCluster();
  return overRedis(cluster.urls, () => cluster.stop());
}

async function overRedis(urls: readonly string[], stop: () => Promise<void>): Promise<OpenWindowStore> {
  const connection = await connect(urls);
  return {
    store: new RedisWindows(connection, new SystemClock()),
    pass: async (ms) => {
      await delay(ms);
    },
    close: async () => {
      connection.onApplicationShutdown();
      await stop();
    },
  };
}
