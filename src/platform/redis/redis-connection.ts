import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ReplyError } from 'ioredis';
import type { Observable } from 'rxjs';
import { ConfigurationFault } from '../config/configuration-fault.js';
import { Environment } from '../config/environment.js';
import { RedisBreaker } from './redis-breaker.js';
import { createRedisClient, inOneWrite, onBytes, reasonOf, type RedisClient } from './redis-client.js';
import { beat, isUnknownDatabase } from './redis-heartbeat.js';
import { InactivityTimeout } from './inactivity-timeout.js';
import { RedisUnavailable } from './redis-unavailable.js';

/** Twice this plus one timeout fits into one second, the time within which failures must be detected without traffic. */
const HEARTBEAT_MS = 250;

/** How long startup waits for the first connection before the service starts without Redis. */
const START_TIMEOUT_MS = 1000;

/** The connection is replaced after this many failed heartbeats in a row: its peer may have vanished without closing it. */
const HEARTBEATS_TO_REPLACE = 8;

/** States of a client with a connection to replace; in all others it reconnects on its own. */
const CONNECTED = new Set(['ready', 'connect']);

type RedisCommand<T> = (client: RedisClient, isAwaited: () => boolean) => Promise<T>;

/**
 * The process's connection for commands to Redis, which makes requests faster but is never the source of truth: every caller must
 * work without it. Commands sent with {@link atEndOfTurn} share a round trip. A heartbeat runs the same commands as
 * requests, so it detects a server that is full, read-only, loading or denies a command to this user.
 */
@Injectable()
export class RedisConnection implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(RedisConnection.name);
  private readonly breaker = new RedisBreaker();
  private readonly inactivity = new InactivityTimeout();
  private readonly urls: readonly string[];
  private client: RedisClient | null = null;
  private heart: NodeJS.Timeout | undefined;
  private senders: (() => void)[] = [];
  private failedHeartbeats = 0;
  /** The last failure, for the log; without it, a wrong password would look like an unreachable server. */
  private fault = 'no connection';
  private lastFailure: unknown;

  /** Round-trip time of the last successful heartbeat, milliseconds. */
  lastLatencyMs: number | null = null;

  /** Emits when Redis becomes usable or unusable; the first emission is the first connection. */
  readonly changes: Observable<'up' | 'down'> = this.breaker.changes;

  constructor(environment: Environment) {
    this.urls = environment.REDIS_URL ?? [];
  }

  get configured(): boolean {
    return this.urls.length > 0;
  }

  /** Whether the keys of one command must share a hash tag. */
  get clustered(): boolean {
    return this.urls.length > 1;
  }

  get state(): 'up' | 'down' | 'unconfigured' {
    if (!this.configured) return 'unconfigured';
    return this.breaker.isClosed ? 'up' : 'down';
  }

  /**
   * Runs one or more commands. Rejects with {@link RedisUnavailable} at once while Redis is known to be unusable, and when
   * it sends nothing for 100 ms; a server that recovers may still execute what was sent before that. A command with several
   * steps must check `isAwaited` before each further step.
   */
  run<T>(command: RedisCommand<T>): Promise<T> {
    if (!this.breaker.isClosed || this.client === null)
      return Promise.reject(new RedisUnavailable(this.state));
    return this.attempt(this.client, command);
  }

  /** Calls `send` at the end of this turn of the event loop; the commands of all callers are sent in one write. */
  atEndOfTurn(send: () => void): void {
    // Sockets are read before immediates run, so all requests read in this turn are included.
    if (this.senders.push(send) > 1) return;
    setImmediate(() => {
      const senders = this.senders;
      this.senders = [];
      inOneWrite(this.client, () => {
        for (const sender of senders) sender();
      });
    });
  }

  async onModuleInit(): Promise<void> {
    if (!this.configured) {
      this.logger.warn('REDIS_URL is not set: rate limits apply per process, not across instances');
      return;
    }
    this.changes.subscribe((state) => this.report(state));
    const client = createRedisClient(this.urls);
    this.client = client;
    // Without a listener the client would print every connection attempt.
    client.on('error', (error: Error) => {
      this.fault = reasonOf(error);
    });
    onBytes(client, this.inactivity.heard);
    client.on('close', () => this.client && this.breaker.open());
    await this.firstConnection(client);
    client.on('ready', () => void this.heartbeat(client));
    this.heart = setInterval(() => void this.heartbeat(client), HEARTBEAT_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.heart);
    const client = this.client;
    this.client = null;
    client?.disconnect();
  }

  private async firstConnection(client: RedisClient): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, START_TIMEOUT_MS);
      client.once('ready', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    await this.heartbeat(client);
    if (isUnknownDatabase(this.lastFailure))
      throw new ConfigurationFault(['REDIS_URL names a database that the server does not have']);
    if (!this.breaker.isClosed) this.report('down');
  }

  private async heartbeat(client: RedisClient): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.attempt(client, () => beat(client, this.clustered));
      this.lastLatencyMs = performance.now() - startedAt;
      this.failedHeartbeats = 0;
      this.breaker.close();
    } catch (error) {
      this.failedHeartbeats++;
      // A refusal by the server is not a transient failure: the next request would get the same.
      if (error instanceof RedisUnavailable && isRefusal(error.cause)) this.breaker.open();
      // After a failover the same address may lead to the new primary, while this connection still leads to the old one.
      const isDemoted = !this.clustered && isReadOnly(error);
      const isStale = this.failedHeartbeats % HEARTBEATS_TO_REPLACE === 0;
      if (CONNECTED.has(client.status) && (isDemoted || isStale)) client.disconnect(true);
    }
  }

  private async attempt<T>(client: RedisClient, command: RedisCommand<T>): Promise<T> {
    try {
      const answer = await this.inactivity.wait((isAwaited) => command(client, isAwaited));
      this.breaker.succeeded();
      return answer;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (client.status === 'ready') this.fault = reason;
      this.lastFailure = cause;
      this.breaker.failed();
      throw new RedisUnavailable(reason, cause);
    }
  }

  private report(state: 'up' | 'down'): void {
    if (state === 'up') this.logger.log('Redis is available: rate limits are shared between instances');
    else
      this.logger.warn(
        `Redis is unavailable (${this.fault}): rate limits apply per process until it is back`,
      );
  }
}

/** Whether the server itself returned the error: a missing permission, no memory, no such database. */
const isRefusal = (cause: unknown) => cause instanceof ReplyError;

const isReadOnly = (error: unknown) =>
  error instanceof RedisUnavailable &&
  error.cause instanceof Error &&
  error.cause.message.startsWith('READONLY');
