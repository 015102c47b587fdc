import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import type { Profile } from '../../../src/platform/access/profile.js';
import { SystemClock } from '../../../src/platform/clock/clock.js';
import type { Environment } from '../../../src/platform/config/environment.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import type { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
import { RedisNotices } from '../../../src/platform/redis/redis-notices.js';
import { RateLimitStorage } from '../../../src/rate-limit/rate-limit-storage.js';
import { LeasedWindows } from '../../../src/rate-limit/windows/leased-windows.js';
import { MemoryWindows } from '../../../src/rate-limit/windows/memory-windows.js';
import { RedisWindows } from '../../../src/rate-limit/windows/redis-windows.js';
import { LocalAccountCache } from '../../../src/sessions/state/local-account-cache.js';
import { SessionCache } from '../../../src/sessions/state/session-cache.js';
import { ProfileChanges } from '../../../src/users/profile-changes.js';
import { type Certificate, makeCertificate } from '../../support/network/certificate.js';
import { type RedisCluster, startRedisCluster } from '../../support/servers/redis-cluster.js';
import { connect } from '../../support/redis/connect.js';
import { eventually } from '../../support/time/eventually.js';

describe.skipIf(inject('redis').kind !== 'own')('the connection to a Redis Cluster', () => {
  let cluster: RedisCluster;
  let connection: RedisConnection;

  beforeAll(async () => {
    cluster = await startRedisCluster();
    connection = await connect(cluster.urls);
  });
  afterAll(async () => {
    connection.onApplicationShutdown();
    await cluster.stop();
  });

  const becomes = (state: 'up' | 'down', timeoutMs: number) =>
    eventually(() => expect(connection.state).toBe(state), { timeoutMs });

  /**
   * Makes one request for each of many callers, whose windows are spread over all primaries; returns the slowest
   * response time.
   */
  async function slowestOfMany(): Promise<number> {
    const storage = new RateLimitStorage(
      connection,
      new LeasedWindows(connection, new RedisWindows(connection, new SystemClock())),
      new MemoryWindows(new SystemClock()),
    );
    const askedAt = performance.now();
    const latencies = Array.from({ length: 50 }, async () => {
      const [decision] = await storage.consume([
        { key: `rl:{${randomUUID()}}`, limit: 1, windowMs: 60_000, grain: 1 },
      ]);
      expect(decision!.allowed).toBe(true);
      return performance.now() - askedAt;
    });
    return Math.max(...(await Promise.all(latencies)));
  }

  it('reaches every primary', async () => {
    expect(connection.state).toBe('up');
    const nodes = await connection.run(async (client) => {
      const keys = Array.from({ length: 60 }, (_, index) => `key:${index}`);
      await Promise.all(keys.map((key) => client.set(key, '1', 'PX', 60_000)));
      return 'nodes' in client ? client.nodes('master') : [];
    });
    for (const node of nodes) expect(await node.dbsize()).toBeGreaterThan(0);
    expect(nodes).toHaveLength(3);
  });

  it('has no notices of changed keys, so the copies of accounts are read from it every time', async () => {
    const notices = new RedisNotices(
      { REDIS_URL: cluster.urls } as Environment,
      connection,
      new SystemRandomness(),
    );
    const known = new LocalAccountCache(notices);
    known.onModuleInit();
    const cache = new SessionCache(connection, new SystemClock(), new ProfileChanges(), known, notices);
    const user = { id: randomUUID(), locale: 'en', updatedAt: '2026-11-25T12:00:00.000Z' } as Profile;
    await cache.fill('session', user, new Date());
    for (let round = 0; round < 3; round += 1) {
      expect(await cache.read(user.id, 'session')).toEqual({ session: 'live', profile: user });
      expect(cache.remembered(user.id, 'session')).toBeNull();
    }
    await cache.endSessions(user.id, ['session']);
    expect(await cache.read(user.id, 'session')).toMatchObject({ session: 'over' });
  });

  it('treats a cluster with a paused primary as unavailable, and responds in time meanwhile', async () => {
    cluster.nodes[1]!.pause();
    expect(await slowestOfMany()).toBeLessThan(1000);
    await becomes('down', 1000);
    expect(await slowestOfMany()).toBeLessThan(1000);
    cluster.nodes[1]!.resume();
    await becomes('up', 5000);
    expect(await slowestOfMany()).toBeLessThan(1000);
  });

  it('treats a cluster without one of its primaries as unavailable until the primary is back', async () => {
    await cluster.nodes[2]!.kill();
    await becomes('down', 1500);
    expect(await slowestOfMany()).toBeLessThan(1000);
    await cluster.nodes[2]!.restart();
    await becomes('up', 10_000);
    expect(await slowestOfMany()).toBeLessThan(1000);
  });
});

describe.skipIf(inject('redis').kind !== 'own')('the connection to a Redis Cluster over TLS', () => {
  let certificate: Certificate;
  let cluster: RedisCluster;

  beforeAll(async () => {
    const authorities = getCACertificates();
    certificate = await makeCertificate('localhost');
    setDefaultCACertificates([...authorities, certificate.text]);
    cluster = await startRedisCluster({ certificate });
    return () => setDefaultCACertificates(authorities);
  });
  afterAll(async () => {
    await cluster.stop();
    await certificate.remove();
  });

  it('accepts certificates for the host names of the nodes, and for no IP address', async () => {
    const connection = await connect(cluster.urls);
    onTestFinished(() => connection.onApplicationShutdown());
    await eventually(() => expect(connection.state).toBe('up'));
    const keys = Array.from({ length: 60 }, (_, index) => `key:${index}`);
    await connection.run(async (client) =>
      Promise.all(keys.map((key) => client.set(key, '1', 'PX', 60_000))),
    );
  });

  it('logs why no node accepts it', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const urls = cluster.urls.map((url) => url.replace('//', '//somebody:wrong@'));
    const connection = await connect(urls);
    onTestFinished(() => connection.onApplicationShutdown());
    expect(connection.state).toBe('down');
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('WRONGPASS'));
  });
});
