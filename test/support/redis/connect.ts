import type { Environment } from '../../../src/platform/config/environment.js';
import { RedisConnection } from '../../../src/platform/redis/redis-connection.js';

/** Opens a connection like the service does, to the servers of a test. */
export async function connect(urls: readonly string[]): Promise<RedisConnection> {
  const connection = new RedisConnection({ REDIS_URL: [...urls] } as Environment);
  await connection.onModuleInit();
  return connection;
}
