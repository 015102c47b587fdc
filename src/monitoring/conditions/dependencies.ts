import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { Leadership } from '../../platform/leader/leadership.js';
import { RedisConnection } from '../../platform/redis/redis-connection.js';
import { WritabilityRepository } from './writability.repository.js';

const PAUSE_MS = 1_000;
/** Probed every second, and again a second after a failure: a single failure is no outage yet. */
const TOLERATED_MS = 2_000;

/** One part that requests need, and how long it has been away. */
export interface Dependency {
  readonly name: 'postgresql' | 'redis';
  /** For how long it could not be used; 0 while it can. */
  readonly downForMs: number;
}

/** What this process depends on, as it sees it. */
@Injectable()
export class Dependencies implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(Dependencies.name, () => this.probe(), { pauseMs: PAUSE_MS });
  private redisDownSinceMs: number | null = null;
  private readOnlySinceMs: number | null = null;

  constructor(
    private readonly leadership: Leadership,
    private readonly writability: WritabilityRepository,
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    if (this.redis.state === 'down') this.redisDownSinceMs = this.clock.nowMs();
    this.redis.changes.subscribe((state) => {
      this.redisDownSinceMs = state === 'down' ? this.clock.nowMs() : null;
    });
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /**
   * Asks whether PostgreSQL takes changes. A pool that is exhausted, or a server that is silent, says nothing about that
   * and throws; the connection of {@link Leadership}, which shares neither, tells whether the server is away.
   */
  async probe(): Promise<void> {
    const canWrite = await this.writability.canWrite();
    if (canWrite) this.readOnlySinceMs = null;
    else this.readOnlySinceMs ??= this.clock.nowMs();
  }

  /** Those that are configured. */
  list(): Dependency[] {
    const postgresql = { name: 'postgresql', downForMs: this.postgresqlDownForMs() } as const;
    if (!this.redis.configured) return [postgresql];
    return [postgresql, { name: 'redis', downForMs: this.sinceMs(this.redisDownSinceMs) }];
  }

  downForMs(name: Dependency['name']): number {
    return this.list().find((dependency) => dependency.name === name)?.downForMs ?? 0;
  }

  private postgresqlDownForMs(): number {
    const downForMs = Math.max(this.leadership.silenceMs, this.sinceMs(this.readOnlySinceMs));
    return downForMs > TOLERATED_MS ? downForMs : 0;
  }

  private sinceMs(instantMs: number | null): number {
    return instantMs === null ? 0 : Math.max(1, this.clock.nowMs() - instantMs);
  }
}
