import { spawnSync } from 'node:child_process';

/** The Redis that specs use: their own server, a borrowed one, or none. */
export type RedisSource =
  { readonly kind: 'own' } | { readonly kind: 'borrowed'; readonly url: string } | { readonly kind: 'none' };

/**
 * A `redis-server` on PATH is preferred, because specs stop, pause and kill it. `TEST_REDIS_URL` provides a server for
 * the specs that only use it.
 */
export function findRedis(): RedisSource {
  if (spawnSync('redis-server', ['--version']).status === 0) return { kind: 'own' };
  const url = process.env['TEST_REDIS_URL'];
  return url ? { kind: 'borrowed', url } : { kind: 'none' };
}
