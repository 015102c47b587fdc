import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { RedisConnection } from '../../platform/redis/redis-connection.js';
import { PostgresqlSilence } from '../../platform/health/postgresql-silence.js';

/** Asked every second, and again a second after it was asked in vain: once is no outage yet. */
const TOLERATED_SILENCE_MS = 2_000;

/** One part that requests need, and how long it has been away. */
export interface Dependency {
  readonly name: 'postgresql' | 'redis';
  /** For how long it could not be used; 0 while it can. */
  readonly downForMs: number;
}

/** What this process depends on, as it sees it. */
@Injectable()
export class Dependencies implements OnModuleInit {
  private redisDownSinceMs: number | null = null;

  constructor(
    private readonly postgresqlSilence: PostgresqlSilence,
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    if (this.redis.state === 'down') this.redisDownSinceMs = this.clock.nowMs();
    this.redis.changes.subscribe((state) => {
      this.redisDownSinceMs = state === 'down' ? this.clock.nowMs() : null;
    });
  }

  /** Those that are configured. */
  list(): Dependency[] {
    const postgresql = { name: 'postgresql', downForMs: this.postgresqlDownForMs() } as const;
    if (!this.redis.configured) return [postgresql];
    return [postgresql, { name: 'redis', downForMs: this.redisDownForMs() }];
  }

  downForMs(name: Dependency['name']): number {
    return this.list().find((dependency) => dependency.name === name)?.downForMs ?? 0;
  }

  private postgresqlDownForMs(): number {
    const { ms: silenceMs } = this.postgresqlSilence;
    return silenceMs > TOLERATED_SILENCE_MS ? silenceMs : 0;
  }

  private redisDownForMs(): number {
    return this.redisDownSinceMs === null ? 0 : Math.max(1, this.clock.nowMs() - this.redisDownSinceMs);
  }
}
