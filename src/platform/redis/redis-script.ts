import { createHash } from 'node:crypto';
import type { RedisClient } from './redis-client.js';

/** A Lua script and the digest under which Redis caches it. */
export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

/** Prepares a Lua script to be sent by its digest, which is computed once and not per request. */
export function redisScript(lua: string): RedisScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Runs a script by its digest, or by its text if Redis does not have it (after a restart, a failover or SCRIPT FLUSH). */
export async function evaluate(
  client: RedisClient,
  script: RedisScript,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return client.eval(script.lua, keys.length, ...keys, ...args);
  }
}
