import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type Redis, ReplyError } from 'ioredis';
import type { Subscription } from 'rxjs';
import { Freshness } from '../clock/freshness.js';
import { Environment } from '../config/environment.js';
import { Randomness } from '../crypto/randomness.js';
import { changedNames } from './changed-names.js';
import { createNoticeClient } from './redis-client.js';
import { RedisConnection } from './redis-connection.js';
import { RedisProbe } from './redis-probe.js';

/** The channel on which Redis sends the keys that have changed. */
const CHANNEL = '__redis__:invalidate';

/** How often the connection is checked. */
const HEARTBEAT_MS = 250;

/** The connection is replaced after this long without a successful check: its peer may have vanished without closing it. */
const REPLACED_AFTER_MS = 2000;

/** How long Redis is not asked again after it has refused to send notices, which it may do for a moment or for good. */
const REFUSED_FOR_MS = 10_000;

/** Is given what follows the prefix in the name of a changed key; null means that any key may have changed. */
type Listener = (name: string | null) => void;

/**
 * Reports to this process which keys with a given prefix have changed in Redis, so that what was read from them can be kept.
 * Redis itself sends the notices (client-side caching in broadcasting mode, Redis 6 or newer), whatever changed the key: also
 * a previous version of the service, an expiry or FLUSHALL. A notice normally takes less than a millisecond; notices that are
 * more than a second late are not relied on. They have a connection of their own, which is open while Redis is usable. In a
 * cluster there are none, because each node reports only its own keys.
 */
@Injectable()
export class RedisNotices implements OnApplicationShutdown {
  private readonly logger = new Logger(RedisNotices.name);
  /** Null without Redis and for a cluster. */
  private readonly url: string | null;
  private readonly freshness = new Freshness();
  private prefix = '';
  private listener: Listener = () => undefined;
  private changes: Subscription | undefined;
  private client: Redis | null = null;
  private heartbeat: NodeJS.Timeout | undefined;
  private probe: RedisProbe | null = null;
  private stage: 'closed' | 'probing' | 'receiving' = 'closed';
  /** Since when the connection has been opened or lost. */
  private sinceMs = 0;
  /** The connection is replaced after this long without a successful check. */
  private patienceMs = REPLACED_AFTER_MS;
  /** The refusal in the log, until notices are received. */
  private reported: string | null = null;

  constructor(
    environment: Environment,
    private readonly redis: RedisConnection,
    private readonly randomness: Randomness,
  ) {
    const [url = null] = environment.REDIS_URL ?? [];
    this.url = redis.clustered ? null : url;
  }

  /** Whether this process knows all changes until a second ago. */
  get isCurrent(): boolean {
    return this.freshness.isCurrent;
  }

  /** Begins to watch the keys with a prefix of ASCII characters, except those that go on with `probe:`. Called once. */
  watch(prefix: string, listener: Listener): void {
    this.prefix = prefix;
    this.probe = new RedisProbe(this.redis, this.randomness, prefix);
    this.listener = listener;
    this.changes = this.redis.changes.subscribe((state) => (state === 'up' ? this.open() : this.close()));
    if (this.redis.state === 'up') this.open();
  }

  /**
   * Resolves when Redis has sent the notices of everything that it has acknowledged to this process. Other processes may
   * not have read them yet. Rejects with `RedisUnavailable`.
   */
  async sent(): Promise<void> {
    // Redis may send the reply to a command before its notices, but not the reply to the next one.
    if (this.url !== null) await this.redis.run((client) => client.ping());
  }

  onApplicationShutdown(): void {
    this.changes?.unsubscribe();
    this.close();
  }

  private open(): void {
    this.close();
    if (this.url === null) return;
    const client = createNoticeClient(this.url);
    this.client = client;
    this.patienceMs = REPLACED_AFTER_MS;
    // Without a listener the client would print every connection attempt.
    client.on('error', () => undefined);
    client.on('ready', () => void this.subscribe(client));
    client.on('close', () => client === this.client && this.lose());
    client.on('messageBuffer', (_channel, notice: unknown) => client === this.client && this.receive(notice));
    this.heartbeat = setInterval(() => this.check(client), HEARTBEAT_MS).unref();
  }

  private close(): void {
    clearInterval(this.heartbeat);
    this.client?.disconnect();
    this.client = null;
    this.lose();
  }

  /** Marks notices as lost: any key may have changed. */
  private lose(): void {
    this.stage = 'closed';
    this.probe?.forget();
    this.freshness.lose();
    this.sinceMs = performance.now();
    this.listener(null);
  }

  private async subscribe(client: Redis): Promise<void> {
    try {
      const id = await client.client('ID');
      await client.client('TRACKING', 'ON', 'REDIRECT', id, 'BCAST', 'PREFIX', this.prefix);
      await client.subscribe(CHANNEL);
    } catch (error) {
      if (error instanceof ReplyError && client === this.client) this.giveUp(client, error as Error);
      return;
    }
    if (client !== this.client) return;
    this.stage = 'probing';
    this.check(client);
  }

  private giveUp(client: Redis, { message }: Error): void {
    if (message !== this.reported)
      this.logger.warn(
        `Redis client-side caching is unavailable (${message}); every request reads its session from Redis`,
      );
    this.reported = message;
    this.patienceMs = REFUSED_FOR_MS;
    client.disconnect();
  }

  private check(client: Redis): void {
    const nowMs = performance.now();
    // In every stage, because a peer may vanish in each of them.
    if (nowMs - Math.max(this.sinceMs, this.freshness.untilMs) > this.patienceMs) this.open();
    else if (this.stage === 'probing') void this.probe?.write(nowMs);
    else if (this.stage === 'receiving') void this.confirm(client, nowMs);
  }

  /**
   * Replies and notices share the connection, so the notices of everything that happened before the check come before
   * its reply.
   */
  private async confirm(client: Redis, startedMs: number): Promise<void> {
    const isAnswered = await client.ping().then(
      () => true,
      () => false,
    );
    if (isAnswered && client === this.client && this.stage === 'receiving') this.freshness.confirm(startedMs);
  }

  private receive(notice: unknown): void {
    const names = changedNames(notice, this.prefix);
    if (names === null) this.listener(null);
    else for (const name of names) this.receiveKey(name);
  }

  private receiveKey(name: string): void {
    if (!this.probe?.isProbe(name)) return this.listener(name);
    const startedMs = this.probe.answeredBy(name);
    if (startedMs === null) return;
    this.freshness.confirm(startedMs);
    this.stage = 'receiving';
    this.reported = null;
  }
}
