import { Injectable } from '@nestjs/common';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import { RedisConnection } from '../../platform/redis/redis-connection.js';

/** How long a claim outlives a process that took it; it is renewed every few seconds while the cause lasts. */
const CLAIM_SECONDS = 30;

/**
 * Which of several instances speaks while PostgreSQL, which otherwise settles it, is away: the one that holds the
 * claim in Redis. Without Redis each one speaks, because saying it twice is better than not at all.
 */
@Injectable()
export class OutageClaims {
  private readonly holder: string;

  constructor(
    private readonly redis: RedisConnection,
    ids: UuidV7,
  ) {
    this.holder = ids.next();
  }

  /** Takes or renews the claim to an alert; false while another instance has it. */
  async take(alert: string): Promise<boolean> {
    if (this.redis.state !== 'up') return true;
    const key = `portcullis:outage:${alert}`;
    try {
      await this.redis.run((client) => client.set(key, this.holder, 'EX', CLAIM_SECONDS, 'NX'));
      if ((await this.redis.run((client) => client.get(key))) !== this.holder) return false;
      await this.redis.run((client) => client.expire(key, CLAIM_SECONDS));
      return true;
    } catch {
      return true;
    }
  }
}
