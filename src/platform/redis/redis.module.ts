import { Global, Module } from '@nestjs/common';
import { RedisConnection } from './redis-connection.js';
import { RedisNotices } from './redis-notices.js';

/** Provides Redis to every module; the connection reports itself as unconfigured when REDIS_URL is not set. */
@Global()
@Module({ providers: [RedisConnection, RedisNotices], exports: [RedisConnection, RedisNotices] })
export class RedisModule {}
