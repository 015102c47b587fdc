import { Redis } from 'ioredis';
import type { RedisClient } from './redis-client.js';
import { evaluate, redisScript } from './redis-script.js';

const LIFETIME_MS = 1000;

/**
 * Runs the commands that requests cannot do without, on keys of the same form (not HDEL and SUBSCRIBE, see
 * docs/operations.md). A server that denies one of them to this user, or is
 * full, read-only or loading, is unusable even if it replies to PING.
 */
const SCRIPT = redisScript(`
local text, hash = KEYS[1], KEYS[2]
local time = redis.call('TIME')
redis.call('MGET', text)
redis.call('SET', text, time[1], 'PX', ARGV[1])
redis.call('GET', text)
redis.call('HSET', hash, 'at', time[1])
redis.call('HMGET', hash, 'at')
redis.call('HGET', hash, 'at')
redis.call('EXPIRE', hash, 1)
redis.call('DEL', hash)
return time
`);

/** In a cluster, enough keys to reach every primary; if only healthy ones were checked, the breaker would reopen at once. */
const CLUSTER_TAGS = Array.from({ length: 32 }, (_, index) => `heartbeat:${index}`);

/** Runs the heartbeat once, on every primary of a cluster. Rejects when one of them fails. */
export async function beat(client: RedisClient, clustered: boolean): Promise<void> {
  const tags = clustered ? CLUSTER_TAGS : ['heartbeat'];
  const work = tags.flatMap((tag) => {
    const [text, hash] = [`portcullis:{${tag}}`, `portcullis:{${tag}}:hash`];
    return [evaluate(client, SCRIPT, [text, hash], [LIFETIME_MS]), client.hmget(hash, 'at')];
  });
  // The client continues with database 0 if the database of the URL does not exist.
  if (client instanceof Redis && databaseOf(client) > 0) work.push(client.select(databaseOf(client)));
  await Promise.all(work);
}

/** Returns whether a server rejected the database number of a URL. */
export function isUnknownDatabase(error: unknown): boolean {
  return error instanceof Error && error.message.includes('DB index is out of range');
}

function databaseOf(client: Redis): number {
  return client.options.db ?? 0;
}
