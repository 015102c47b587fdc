import { Global, Module } from '@nestjs/common';
import { RedisConnection } from './redis-connection.js';

/** Provides the connection to Redis to every module; it reports itself as unconfigured when REDIS_URL is not set. */
@Global()
@Module({ providers: [RedisConnection], exports: [RedisConnection] })
export class RedisModule {}
