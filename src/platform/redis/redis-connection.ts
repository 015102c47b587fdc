import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ReplyError } from 'ioredis';
import type { Observable } from 'rxjs';
import { ConfigurationFault } from '../config/configuration-fault.js';
import { Environment } from '../config/environment.js';
import { RedisBreaker } from './redis-breaker.js';
import { createRedisClient, inOneWrite, onBytes, type RedisClient } from './redis-client.js';
import { beat, isUnknownDatabase } from './redis-heartbeat.js';
import { InactivityTimeout } from './inactivity-timeout.js';
import { RedisUnavailable } from './redis-unavailable.js';

/** Twice this and a timeout fit into the second within which trouble must be noticed without any traffic. */
const HEARTBEAT_MS = 250;

/** How long the start waits for a first connection before the service begins without one. */
const START_TIMEOUT_MS = 1000;

/** After so many failed heartbeats in a row the connection is replaced: its other end may be gone without a word. */
const HEARTBEATS_TO_REPLACE = 8;

/** The states of a client that has a connection to replace; in the others it makes a new one by itself. */
const CONNECTED = new Set(['ready', 'connect']);

type RedisCommand<T> = (client: RedisClient, isAwaited: () => boolean) => Promise<T>;

/**
 * The process's one way to Redis, which is speed and never truth: every caller must be able to do without it.
 * Commands sent {@link atEndOfTurn} share a round trip. A heartbeat that does what requests do tells a
 * usable server from one that is full, read-only, loading or refuses a command to this user.
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
  /** The last failure, for the log: without it a wrong password looks like a server that is away. */
  private fault = 'no connection';
  private lastFailure: unknown;

  /** Round trip of the last heartbeat that was answered, milliseconds. */
  lastLatencyMs: number | null = null;

  /** Emits when Redis becomes usable or stops being so; the first emission is the first connection. */
  readonly changes: Observable<'up' | 'down'> = this.breaker.changes;

  constructor(environment: Environment) {
    this.urls = environment.REDIS_URL ?? [];
  }

  get configured(): boolean {
    return this.urls.length > 0;
  }

  /** Whether keys of one command must share a hash tag. */
  get clustered(): boolean {
    return this.urls.length > 1;
  }

  get state(): 'up' | 'down' | 'unconfigured' {
    if (!this.configured) return 'unconfigured';
    return this.breaker.isClosed ? 'up' : 'down';
  }

  /**
   * Runs one or more commands. Rejects with {@link RedisUnavailable}: at once while Redis is known to be unusable, and
   * when it falls silent for 100 ms; what was sent before that may still be executed by a server that wakes up. A
   * command of several steps asks `isAwaited` before the next.
   */
  run<T>(command: RedisCommand<T>): Promise<T> {
    if (!this.breaker.isClosed || this.client === null)
      return Promise.reject(new RedisUnavailable(this.state));
    return this.attempt(this.client, command);
  }

  /** Calls `send` at the end of this turn of the event loop; the commands of all who ask for it travel in one write. */
  atEndOfTurn(send: () => void): void {
    // Sockets are read before immediates run, so whatever this turn reads has asked by then.
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
      this.logger.warn('REDIS_URL is not set: rate limits hold per process, not across instances.');
      return;
    }
    this.changes.subscribe((state) => this.report(state));
    const client = createRedisClient(this.urls);
    this.client = client;
    // Without a listener the client would print each of its attempts.
    client.on('error', (error: Error) => {
      this.fault = error.message;
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
      // One refusal is no chance failure: the next request would meet the same.
      if (error instanceof RedisUnavailable && isRefusal(error.cause)) this.breaker.open();
      // After a failover the same address may lead to the new primary; this connection stays with the old one.
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
    if (state === 'up') this.logger.log('Redis is usable: rate limits are shared between instances.');
    else this.logger.warn(`Redis is not usable (${this.fault}): rate limits hold per process until it is.`);
  }
}

/** An error that the server itself returned: a right that is missing, no memory, no such database. */
const isRefusal = (cause: unknown) => cause instanceof ReplyError;

const isReadOnly = (error: unknown) =>
  error instanceof RedisUnavailable &&
  error.cause instanceof Error &&
  error.cause.message.startsWith('READONLY');
