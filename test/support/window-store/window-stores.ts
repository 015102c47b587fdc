import type { BeforeApplicationShutdown } from '@nestjs/common';
import { MovableClock } from '../../../src/ephemeral/time/movable-clock.js';
import type { Clock } from '../../../src/platform/clock/clock.js';
import type { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
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
  /** Advances the clock of the store by milliseconds, at least. */
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
  return overRedis([server.url], () => server.stop(), leasedWindows);
}

export async function openClusterWindows(): Promise<OpenWindowStore> {
  const cluster = await startRedisCluster();
  return overRedis(cluster.urls, () => cluster.stop());
}

const redisWindows = (connection: RedisConnection, clock: Clock) => new RedisWindows(connection, clock);

function leasedWindows(connection: RedisConnection, clock: Clock): LeasedWindows {
  const store = new LeasedWindows(connection, redisWindows(connection, clock));
  store.onApplicationBootstrap();
  return store;
}

async function overRedis(
  urls: readonly string[],
  stop: () => Promise<void>,
  storeOn: (
    connection: RedisConnection,
    clock: Clock,
  ) => WindowStore & Partial<BeforeApplicationShutdown> = redisWindows,
): Promise<OpenWindowStore> {
  const connection = await connect(urls);
  const clock = new MovableClock();
  const store = storeOn(connection, clock);
  return {
    store,
    pass: async (ms) => clock.advance(Math.ceil(ms)),
    close: async () => {
      await store.beforeApplicationShutdown?.();
      connection.onApplicationShutdown();
      await stop();
    },
  };
}
