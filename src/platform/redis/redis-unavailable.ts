/** Redis cannot run a command: unreachable, too slow, full, read-only or not configured. Callers must work without it. */
export class RedisUnavailable extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`Redis is unavailable: ${reason}`, { cause });
    this.name = 'RedisUnavailable';
  }
}
