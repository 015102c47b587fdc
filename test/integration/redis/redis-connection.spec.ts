import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
import { RedisUnavailable } from '../../../src/platform/redis/redis-unavailable.js';
import { startTcpProxy } from '../../support/network/tcp-proxy.js';
import { type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import { eventually } from '../../support/time/eventually.js';
import { connect } from '../../support/redis/connect.js';

const ping = (connection: RedisConnection) => connection.run((client) => client.ping());

/** The commands of the test itself bypass the connection under test. */
async function redisCli({ port }: RedisServer, ...command: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(port), ...command]);
  return stdout.trim();
}

describe.skipIf(inject('redis').kind !== 'own')('the connection to Redis', () => {
  let server: RedisServer;
  let connection: RedisConnection;

  beforeEach(async () => {
    server = await startRedis();
    connection = await connect([server.url]);
  });
  afterEach(async () => {
    connection.onApplicationShutdown();
    await server.stop();
  });

  const becomes = (state: 'up' | 'down', timeoutMs: number) =>
    eventually(() => expect(connection.state).toBe(state), { timeoutMs });

  it('is up after the start, and measures its latency', async () => {
    expect(connection).toMatchObject({ configured: true, state: 'up' });
    expect(connection.lastLatencyMs).toBeGreaterThan(0);
    await expect(ping(connection)).resolves.toBe('PONG');
  });

  it('starts without its server, and connects later', async () => {
    await server.kill();
    const early = await connect([server.url]);
    expect(early.state).toBe('down');
    await expect(ping(early)).rejects.toThrow(RedisUnavailable);
    await server.restart();
    await eventually(() => expect(early.state).toBe('up'), { timeoutMs: 5000 });
    early.onApplicationShutdown();
  });

  it('fails within a second after the server was killed, then refuses at once, and recovers within five seconds', async () => {
    const changes: string[] = [];
    connection.changes.subscribe((state) => changes.push(state));
    await server.kill();
    await becomes('down', 1000);
    const askedAt = performance.now();
    await expect(ping(connection)).rejects.toThrow(RedisUnavailable);
    expect(performance.now() - askedAt).toBeLessThan(20);
    await server.restart();
    await becomes('up', 5000);
    await expect(ping(connection)).resolves.toBe('PONG');
    expect(changes).toEqual(['down', 'up']);
  });

  it('waits a tenth of a second for a paused server, and not at all once the pause is detected', async () => {
    server.pause();
    const askedAt = performance.now();
    await expect(ping(connection)).rejects.toThrow(RedisUnavailable);
    expect(performance.now() - askedAt).toBeLessThan(300);
    await becomes('down', 1000);
    server.resume();
    await becomes('up', 5000);
  });

  it('detects a pause without any traffic', async () => {
    server.pause();
    await becomes('down', 1000);
    server.resume();
    await becomes('up', 5000);
    expect(connection.lastLatencyMs).toBeLessThan(100);
  });

  it.each([
    { trouble: 'full', begin: ['config', 'set', 'maxmemory', '1'], end: ['config', 'set', 'maxmemory', '0'] },
    { trouble: 'read-only', begin: ['replicaof', '127.0.0.1', '1'], end: ['replicaof', 'no', 'one'] },
    {
      trouble: 'short of replicas',
      begin: ['config', 'set', 'min-replicas-to-write', '1'],
      end: ['config', 'set', 'min-replicas-to-write', '0'],
    },
  ])('treats a server that is $trouble as unavailable', async ({ begin, end }) => {
    await redisCli(server, ...begin);
    await becomes('down', 1000);
    await redisCli(server, ...end);
    await becomes('up', 5000);
    await expect(connection.run((client) => client.set('key', '1', 'PX', 1000))).resolves.toBe('OK');
  });

  it('sends a command only once if the connection breaks before the reply', async () => {
    const proxy = await startTcpProxy(server.port);
    const fragile = await connect([`redis://127.0.0.1:${proxy.port}`]);
    await fragile.run((client) => client.set('counter', 0, 'PX', 60_000));
    proxy.resetOnAnswer();
    await expect(fragile.run((client) => client.incr('counter'))).rejects.toThrow(RedisUnavailable);
    proxy.heal();
    await eventually(() => expect(fragile.state).toBe('up'), { timeoutMs: 5000 });
    expect(Number(await redisCli(server, 'get', 'counter'))).toBeLessThanOrEqual(1);
    fragile.onApplicationShutdown();
    await proxy.stop();
  });

  it('follows its address to the new primary after a failover', async () => {
    const promoted = await startRedis();
    const proxy = await startTcpProxy(server.port);
    const client = await connect([`redis://127.0.0.1:${proxy.port}`]);
    proxy.retarget(promoted.port);
    await redisCli(server, 'replicaof', '127.0.0.1', String(promoted.port));
    await expect(client.run((redis) => redis.set('key', 'before', 'PX', 60_000))).rejects.toThrow('READONLY');
    await eventually(
      async () => {
        await client.run((redis) => redis.set('key', 'after', 'PX', 60_000));
      },
      { timeoutMs: 5000 },
    );
    expect(await redisCli(promoted, 'get', 'key')).toBe('after');
    client.onApplicationShutdown();
    await proxy.stop();
    await promoted.stop();
  });

  it('logs why it cannot use a server, but not the password', async () => {
    await redisCli(server, 'config', 'set', 'requirepass', 'the right password');
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const locked = await connect([`redis://:the%20wrong%20password@127.0.0.1:${server.port}`]);
    expect(locked.state).toBe('down');
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('WRONGPASS'));
    expect(JSON.stringify(warn.mock.calls)).not.toContain('wrong password');
    locked.onApplicationShutdown();
    warn.mockRestore();
    await promisify(execFile)('redis-cli', [
      '-p',
      String(server.port),
      '-a',
      'the right password',
      'config',
      'set',
      'requirepass',
      '',
    ]);
  });

  it('sends the commands of one turn of the event loop in one round trip', async () => {
    const packetsBefore = await readsOf(server);
    const pinged = () => new Promise((resolve) => connection.atEndOfTurn(() => resolve(ping(connection))));
    await Promise.all(Array.from({ length: 50 }, pinged));
    expect((await readsOf(server)) - packetsBefore).toBeLessThan(20);
  });

  it('leaves nothing without an expiry', async () => {
    expect(await redisCli(server, 'pttl', 'portcullis:{heartbeat}')).toMatch(/^[1-9]\d*$/);
  });
});

describe('the connection without a configured Redis', () => {
  it('reports this, and refuses every command', async () => {
    const connection = await connect([]);
    expect(connection).toMatchObject({ configured: false, state: 'unconfigured' });
    await expect(ping(connection)).rejects.toThrow(RedisUnavailable);
  });
});

async function readsOf(server: RedisServer): Promise<number> {
  const info = await redisCli(server, 'info', 'stats');
  return Number(/total_reads_processed:(\d+)/.exec(info)?.[1]);
}
