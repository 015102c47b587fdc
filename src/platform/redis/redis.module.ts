import { Global, Module } from '@nestjs/common';
import { RedisConnection } from './redis-connection.js';

/** Gives every module the one connection to Redis, which says of itself that it is unconfigured where REDIS_URL is unset. */
@Global()
@Module({ providers: [RedisConnection], exports: [RedisConnection] })
export class RedisModule {}
