import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import type { Environment } from '../../../src/platform/config/environment.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import type { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
import { RedisNotices } from '../../../src/platform/redis/redis-notices.js';
import { startTcpProxy, type TcpProxy } from '../../support/network/tcp-proxy.js';
import { connect } from '../../support/redis/connect.js';
import { type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import { eventually } from '../../support/time/eventually.js';

const PREFIX = 'portcullis:account:';
const monotonicMs = performance.now.bind(performance);

describe.skipIf(inject('redis').kind !== 'own')('notices of changed keys', () => {
  let server: RedisServer;
  let connection: RedisConnection;
  let writer: Redis;
  let notices: RedisNotices;
  let changed: (string | null)[];
  let aheadMs: number;

  beforeEach(async () => {
    aheadMs = 0;
    server = await startRedis();
    writer = new Redis(server.url);
    connection = await connect([server.url]);
    notices = watch(server.url);
  });
  afterEach(async () => {
    writer.disconnect();
    notices.onApplicationShutdown();
    connection.onApplicationShutdown();
    await server.stop();
  });

  function watch(url: string): RedisNotices {
    changed = [];
    const watching = new RedisNotices(
      { REDIS_URL: [url] } as Environment,
      connection,
      new SystemRandomness(),
    );
    watching.watch(PREFIX, (name) => changed.push(name));
    return watching;
  }

  /** Replaces the watch by one whose connection leads through a proxy; commands are sent to Redis directly. */
  async function watchThroughProxy(prepare: (proxy: TcpProxy) => void): Promise<void> {
    const proxy = await startTcpProxy(server.port);
    onTestFinished(() => proxy.stop());
    prepare(proxy);
    notices.onApplicationShutdown();
    notices = watch(`redis://127.0.0.1:${proxy.port}`);
  }

  /** Moves the monotonic clock of this process forward. */
  function pass(ms: number): void {
    aheadMs += ms;
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => monotonicMs() + aheadMs);
    onTestFinished(() => {
      spy.mockRestore();
    });
  }

  const becomeCurrent = () => eventually(() => expect(notices.isCurrent).toBe(true), { intervalMs: 1 });
  const changes = async () => {
    await becomeCurrent();
    changed.length = 0;
  };

  it.each<[string, () => Promise<unknown>, string | null]>([
    ['a command', () => writer.hset(`${PREFIX}ada`, 'name', 'Ada'), 'ada'],
    ['a script', () => writer.eval(`redis.call('SET', KEYS[1], 1)`, 1, `${PREFIX}bob`), 'bob'],
    ['an expiry', () => writer.set(`${PREFIX}eve`, '', 'PX', 1), 'eve'],
    ['emptying Redis', () => writer.flushall(), null],
  ])('are received after %s by anybody', async (_what, change, name) => {
    await changes();
    await change();
    await eventually(() => expect(changed).toContain(name));
  });

  it.each(['x', '', `${PREFIX}ada`])(
    'mean that everything may have changed if somebody published one, here %j, and go on',
    async (text) => {
      await changes();
      await writer.publish('__redis__:invalidate', text);
      await eventually(() => expect(changed).toEqual([null]));
      await writer.set(`${PREFIX}ada`, 1);
      await eventually(() => expect(changed).toEqual([null, 'ada']));
      expect(notices.isCurrent).toBe(true);
    },
  );

  it('concern keys with the prefix only', async () => {
    await changes();
    await writer.set('portcullis:{window}', 1);
    await writer.set(`${PREFIX}ada`, 1);
    await eventually(() => expect(changed).toEqual(['ada']));
  });

  it('have been received once they are said to be sent, whatever the order of the connections', async () => {
    await changes();
    for (let round = 1; round <= 3000; round += 1) {
      await connection.run((client) => client.set(PREFIX + round, ''));
      await notices.sent();
      expect(changed).toContain(String(round));
    }
  });

  it('are not relied on from the loss of their connection until the next one works, and everything may have changed', async () => {
    for (let round = 0; round < 3; round += 1) {
      await changes();
      await writer.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await eventually(() => expect(notices.isCurrent).toBe(false), { intervalMs: 1 });
      expect(changed).toEqual([null]);
    }
    await changes();
    await writer.set(`${PREFIX}ada`, 1);
    await eventually(() => expect(changed).toEqual(['ada']));
  });

  it('are not relied on a second after the server fell silent, nor while Redis is down', async () => {
    await becomeCurrent();
    server.pause();
    onTestFinished(() => server.resume());
    await eventually(() => expect(notices.isCurrent).toBe(false), { timeoutMs: 1100 });
    server.resume();
    await becomeCurrent();
    await server.kill();
    await eventually(() => expect([notices.isCurrent, connection.state]).toEqual([false, 'down']));
    await server.restart();
    await becomeCurrent();
  });

  it('are not relied on a second after the first one was asked for if nothing followed, however late it arrived', async () => {
    let held: Promise<() => void> | undefined;
    await watchThroughProxy((proxy) => {
      held = proxy.holdBack(Buffer.from('probe:'));
    });
    const forward = await held!;
    pass(500);
    expect(notices.isCurrent).toBe(false);
    forward();
    await becomeCurrent();
    await writer.set(`${PREFIX}ada`, 1);
    pass(500);
    expect([notices.isCurrent, changed.includes('ada')]).toEqual([false, false]);
  });

  it.each([
    ['before it subscribes', 'redis_version'],
    ['after it has subscribed', '__redis__:invalidate'],
    ['after the first notice', 'probe:'],
  ])('get another connection two seconds after theirs fell silent %s', async (_when, last) => {
    await watchThroughProxy((proxy) => proxy.fallSilentAfter(Buffer.from(last)));
    await eventually(async () => expect(await writer.client('LIST')).toContain('portcullis-notices'));
    await eventually(async () => {
      await writer.set(`${PREFIX}ada`, 1);
      expect(changed).toContain('ada');
    });
    await becomeCurrent();
  });

  it('are not relied on if they come from another server than the one that this process writes to', async () => {
    const other = await startRedis();
    notices.onApplicationShutdown();
    notices = watch(other.url);
    onTestFinished(() => other.stop());
    const stranger = new Redis(other.url);
    onTestFinished(() => stranger.disconnect());
    await eventually(async () => {
      await stranger.set(`${PREFIX}ada`, 1);
      expect(changed).toContain('ada');
    });
    expect(notices.isCurrent).toBe(false);
  });

  it.each([
    ['to subscribe', ['-subscribe']],
    ['to a channel', ['resetchannels']],
    ['to track keys', ['-client|tracking']],
  ])(
    'are given up with a log message if the user has no right %s, and Redis stays usable',
    async (_what, rules) => {
      const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      onTestFinished(() => {
        warn.mockRestore();
      });
      notices.onApplicationShutdown();
      await writer.call('ACL', 'SETUSER', 'portcullis', 'on', '>secret', '~*', '&*', '+@all', ...rules);
      notices = watch(`redis://portcullis:secret@127.0.0.1:${server.port}`);
      await eventually(() =>
        expect(warn).toHaveBeenCalledWith(expect.stringMatching(/NOPERM.*reads its session/)),
      );
      await eventually(async () => expect(await writer.client('LIST')).not.toContain('portcullis-notices'));
      expect([notices.isCurrent, connection.state, warn.mock.calls.length]).toEqual([false, 'up', 1]);
    },
  );

  it('are asked for again ten seconds after a refusal, which is logged once until it ends', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => {
      warn.mockRestore();
    });
    const attempts = async () =>
      Number(
        /cmdstat_client\|tracking:calls=\d+.*rejected_calls=(\d+)/.exec(
          await writer.info('commandstats'),
        )?.[1],
      );
    notices.onApplicationShutdown();
    const user = ['ACL', 'SETUSER', 'portcullis'] as const;
    await writer.call(...user, 'on', '>secret', '~*', '&*', '+@all', '-client|tracking');
    notices = watch(`redis://portcullis:secret@127.0.0.1:${server.port}`);
    await eventually(async () => expect(await attempts()).toBe(1));
    pass(9000);
    await eventually(async () => expect(await writer.client('LIST')).not.toContain('portcullis-notices'));
    pass(1000);
    await eventually(async () => expect(await attempts()).toBe(2));
    expect(warn).toHaveBeenCalledOnce();
    await writer.call(...user, '+client|tracking');
    await eventually(async () => expect(await writer.client('LIST')).not.toContain('portcullis-notices'));
    pass(10_000);
    await becomeCurrent();
    await writer.call(...user, '-client|tracking');
    await writer.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => expect(warn).toHaveBeenCalledTimes(2));
  });
});
