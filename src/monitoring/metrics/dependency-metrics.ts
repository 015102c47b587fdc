import { Injectable } from '@nestjs/common';
import { RedisConnection } from '../../platform/redis/redis-connection.js';
import { Dependencies } from '../conditions/dependencies.js';
import { DatabasePool } from './database-pool.repository.js';
import { Metrics } from './metrics.js';

/** Availability of PostgreSQL and Redis, from the point of view of this process. */
@Injectable()
export class DependencyMetrics {
  constructor(metrics: Metrics, dependencies: Dependencies, redis: RedisConnection, pool: DatabasePool) {
    metrics.addFigures(
      'portcullis_dependency_up',
      '1 if the dependency is available, 0 if it is not; absent if it is not configured.',
      'dependency',
      () =>
        Object.fromEntries(dependencies.list().map(({ name, downForMs }) => [name, downForMs === 0 ? 1 : 0])),
      'min',
    );
    metrics.addFigure(
      'portcullis_redis_latency_seconds',
      'Round-trip time of the last Redis heartbeat; 0 before the first.',
      () => (redis.lastLatencyMs ?? 0) / 1000,
      'max',
    );
    metrics.addFigure(
      'portcullis_redis_breaker_open',
      '1 if Redis is bypassed after failures, 0 if it is in use or not configured.',
      () => (redis.state === 'down' ? 1 : 0),
      'max',
    );
    metrics.addFigures(
      'portcullis_database_pool_connections',
      'Pool connections by state, and requests waiting for a connection.',
      'state',
      () => pool.figures(),
    );
  }
}
