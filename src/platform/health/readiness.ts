import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';
import { Environment } from '../config/environment.js';
import { UsableSecrets } from '../crypto/usable-secrets.js';
import { DeadlineClient } from '../database/deadline-client.js';
import { ownConnection } from '../database/own-connection.js';
import { RedisConnection } from '../redis/redis-connection.js';
import { DataFolderProbe } from './data-folder-probe.js';
import { Drain } from './drain.js';
import type { ReadyDto } from './health.dto.js';

/** How long a probe waits for PostgreSQL, milliseconds. */
const PATIENCE_MS = 1000;

/** How long the connection is kept without probes, milliseconds. */
const KEPT_MS = 60_000;

/** Maximum age of a result, milliseconds: probes cause at most one query per interval. */
const FRESH_MS = 250;

/**
 * Checks the dependencies that requests need. PostgreSQL is checked over a separate connection: when requests exhaust the
 * pool they are slow, and sending them to other instances would only exhaust the pools there.
 */
@Injectable()
export class Readiness implements OnApplicationShutdown {
  private readonly connection: Pool;
  private readonly folder: DataFolderProbe;
  private readonly requirements: (() => boolean)[] = [];
  private lastProbe: { readonly atMs: number; readonly up: Promise<boolean> } | null = null;

  constructor(
    environment: Environment,
    private readonly redis: RedisConnection,
    private readonly drain: Drain,
    private readonly secrets: UsableSecrets,
  ) {
    this.connection = new Pool({
      ...ownConnection(environment, 'readiness', PATIENCE_MS),
      Client: DeadlineClient,
      max: 1,
      idleTimeoutMillis: KEPT_MS,
    });
    this.folder = new DataFolderProbe(environment.DATA_DIR);
    // An idle connection that breaks is replaced at the next probe; without a listener, its error would end the process.
    this.connection.on('error', () => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.end();
  }

  /** Adds a requirement on the disk that every request has, for example room in the spool. */
  requireOnDisk(isUsable: () => boolean): void {
    this.requirements.push(isUsable);
  }

  async check(): Promise<ReadyDto> {
    const isUsable = this.mayUseSecrets();
    const [databaseUp, diskUp] = await Promise.all([this.databaseIsUp(), this.diskIsUp()]);
    const { state: redis } = this.redis;
    const serving = redis === 'down' ? 'degraded' : 'ready';
    const status = this.drain.isDraining
      ? 'draining'
      : databaseUp && diskUp && isUsable
        ? serving
        : 'unavailable';
    return { status, postgresql: databaseUp ? 'up' : 'down', redis, disk: diskUp ? 'up' : 'down' };
  }

  /** Does not wait for the announcement, which takes a connection of the pool. */
  private mayUseSecrets(): boolean {
    if (this.secrets.areCurrent) return true;
    this.secrets.renew().catch(() => undefined);
    return false;
  }

  private async diskIsUp(): Promise<boolean> {
    return this.requirements.every((isUsable) => isUsable()) && (await this.folder.isWritable());
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
    const query = this.takesWrites().catch(() => false);
    return Promise.race([query, impatience]).finally(() => {
      clearTimeout(timer);
    });
  }

  /** A connection to a demoted server is released as broken, so that the next probe opens a new one. */
  private async takesWrites(): Promise<boolean> {
    const client = await this.connection.connect();
    try {
      const { rows } = await client.query<{ readOnly: string }>(
        `SELECT current_setting('transaction_read_only') AS "readOnly"`,
      );
      const takesWrites = rows[0]?.readOnly === 'off';
      client.release(!takesWrites);
      return takesWrites;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}
