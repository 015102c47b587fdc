import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RedisConnection } from '../redis/redis-connection.js';
import { Drain } from './drain.js';
import type { ReadyDto } from './health.dto.js';

/** Longest that a probe waits for PostgreSQL, milliseconds. */
const PATIENCE_MS = 1000;

/** How fresh an answer must be, milliseconds: any number of probes costs at most one query per this. */
const FRESH_MS = 250;

/** Asks the parts that requests need. */
@Injectable()
export class Readiness {
  private lastProbe: { readonly atMs: number; readonly up: Promise<boolean> } | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly redis: RedisConnection,
    private readonly drain: Drain,
  ) {}

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
    const query = this.dataSource.query('SELECT 1').then(
      () => true,
      () => false,
    );
    return Promise.race([query, impatience]).finally(() => {
      clearTimeout(timer);
    });
  }
}
