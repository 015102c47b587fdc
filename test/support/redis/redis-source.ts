import { spawnSync } from 'node:child_process';

/** Where specs take Redis from: a server of their own, a borrowed one, or nowhere. */
export type RedisSource =
  { readonly kind: 'own' } | { readonly kind: 'borrowed'; readonly url: string } | { readonly kind: 'none' };

/**
 * A `redis-server` on PATH comes first, because specs stop, pause and kill it; `TEST_REDIS_URL` lends a server to
 * the specs that only use it.
 */
export function findRedis(): RedisSource {
  if (spawnSync('redis-server', ['--version']).status === 0) return { kind: 'own' };
  const url = process.env['TEST_REDIS_URL'];
  return url ? { kind: 'borrowed', url } : { kind: 'none' };
}
