import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';
import { Environment } from '../config/environment.js';
import { DeadlineClient } from '../database/deadline-client.js';
import { ownConnection } from '../database/own-connection.js';
import { RedisConnection } from '../redis/redis-connection.js';
import { Drain } from './drain.js';
import type { ReadyDto } from './health.dto.js';

/** Longest that a probe waits for PostgreSQL, milliseconds. */
const PATIENCE_MS = 1000;

/** How long the connection is kept while nobody asks, milliseconds. */
const KEPT_MS = 60_000;

/** How fresh an answer must be, milliseconds: any number of probes costs at most one query per this. */
const FRESH_MS = 250;

/**
 * Asks the parts that requests need. PostgreSQL over a connection of its own: while requests use up the pool, they are slow,
 * and sending them elsewhere would only have them use up the others' pools.
 */
@Injectable()
export class Readiness implements OnApplicationShutdown {
  private readonly connection: Pool;
  private lastProbe: { readonly atMs: number; readonly up: Promise<boolean> } | null = null;

  constructor(
    environment: Environment,
    private readonly redis: RedisConnection,
    private readonly drain: Drain,
  ) {
    this.connection = new Pool({
      ...ownConnection(environment, 'readiness', PATIENCE_MS),
      Client: DeadlineClient,
      max: 1,
      idleTimeoutMillis: KEPT_MS,
    });
    // An idle connection that breaks is replaced at the next probe; unheard, its error event would end the process.
    this.connection.on('error', () => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.end();
  }

  async check(): Promise<ReadyDto> {
    const databaseUp = await this.databaseIsUp();
    const { state: redis } = this.redis;
    const serving = redis === 'down' ? 'degraded' : 'ready';
    const status = this.drain.isDraining ? 'draining' : databaseUp ? serving : 'unavailable';
    return { status, postgresql: databaseUp ? 'up' : 'down', redis };
  }

  private async databaseIsUp(): Promise<boolean> {
    const atMs = performance.now();
    if (!this.lastProbe || atMs - this.lastProbe.atMs > FRESH_MS) this.lastProbe = { atMs, up: this.probe() };
    return this.lastProbe.up;
  }

  private async probe(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const impatience = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => {
        resolve(false);
      }, PATIENCE_MS);
    });
    const query = this.connection.query('SELECT 1').then(
      () => true,
      () => false,
    );
    return Promise.race([query, impatience]).finally(() => {
      clearTimeout(timer);
    });
  }
}
