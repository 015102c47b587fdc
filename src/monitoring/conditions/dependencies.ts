import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { Stopwatch } from '../../platform/clock/stopwatch.js';
import { PostgresqlSilence } from '../../platform/health/postgresql-silence.js';
import { RedisConnection } from '../../platform/redis/redis-connection.js';
import { WritabilityRepository } from './writability.repository.js';

const PAUSE_MS = 1_000;
/** Dependencies are probed every second, also after a failure. A single failure is not yet an outage. */
const TOLERATED_MS = 2_000;

/** A dependency that requests need, and how long it has been unavailable. */
export interface Dependency {
  readonly name: 'postgresql' | 'redis';
  /** How long it has been unavailable, in milliseconds; 0 if it is available. */
  readonly downForMs: number;
}

/** Tracks the dependencies of this process, from the point of view of this process. */
@Injectable()
export class Dependencies implements OnModuleInit {
  private readonly redisDown: Stopwatch;
  private readonly readOnly: Stopwatch;

  constructor(
    private readonly postgresqlSilence: PostgresqlSilence,
    private readonly writability: WritabilityRepository,
    private readonly redis: RedisConnection,
    clock: Clock,
  ) {
    this.redisDown = new Stopwatch(clock);
    this.readOnly = new Stopwatch(clock);
  }

  onModuleInit(): void {
    if (this.redis.state === 'down') this.redisDown.start();
    this.redis.changes.subscribe((state) => {
      if (state === 'down') this.redisDown.start();
      else this.redisDown.stop();
    });
  }

  /**
   * Checks whether PostgreSQL accepts changes. Throws if the pool is exhausted or the server does not respond,
   * neither of which proves an outage. The connection of {@link Leadership} is independent of the pool and shows
   * whether the server is down.
   */
  @InBackground({ pauseMs: PAUSE_MS, startsAtOnce: true })
  async probe(): Promise<void> {
    const canWrite = await this.writability.canWrite();
    if (canWrite) this.readOnly.stop();
    else this.readOnly.start();
  }

  /** Returns the configured dependencies. */
  list(): Dependency[] {
    const postgresql = { name: 'postgresql', downForMs: this.postgresqlDownForMs() } as const;
    if (!this.redis.configured) return [postgresql];
    return [postgresql, { name: 'redis', downForMs: this.redisDownForMs() }];
  }

  downForMs(name: Dependency['name']): number {
    return this.list().find((dependency) => dependency.name === name)?.downForMs ?? 0;
  }

  private postgresqlDownForMs(): number {
    const downForMs = Math.max(this.postgresqlSilence.ms, this.readOnly.ms);
    return downForMs > TOLERATED_MS ? downForMs : 0;
  }

  /** At least 1 from the moment it is down. */
  private redisDownForMs(): number {
    return this.redisDown.isRunning ? Math.max(1, this.redisDown.ms) : 0;
  }
}
