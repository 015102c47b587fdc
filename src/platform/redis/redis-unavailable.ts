/** Redis could not be used for a command: away, too slow, full, read-only or not configured. Callers do without. */
export class RedisUnavailable extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`Redis is unavailable: ${reason}`, { cause });
    this.name = 'RedisUnavailable';
  }
}
