import { Injectable } from '@nestjs/common';
import type { Profile } from '../platform/access/profile.js';
import { RedisConnection } from '../platform/redis/redis-connection.js';

/** Seconds that a copy lives; what it can be wrong by is bounded by the revocation feed, not by this. */
const LIFETIME_SECONDS = 30;

const OVER = '0';
const LIVE = '1';

/** Keeps the newer of two profiles (`updatedAt` leads the text and compares as text), and gives the key an end. */
const RENEW_PROFILE = `
  local held = redis.call('HGET', KEYS[1], 'profile')
  if not held or held < ARGV[1] then redis.call('HSET', KEYS[1], 'profile', ARGV[1]) end
  return redis.call('EXPIRE', KEYS[1], ARGV[2])`;

/** Writes what PostgreSQL said only where nothing newer stands: a session that ended meanwhile stays ended. */
const FILL = `
  redis.call('HSETNX', KEYS[1], ARGV[1], '${LIVE}')
  redis.call('HSETNX', KEYS[1], 'profile', ARGV[2])
  return redis.call('EXPIRE', KEYS[1], ARGV[3], 'NX')`;

const END = `
  for index = 2, #ARGV do redis.call('HSET', KEYS[1], ARGV[index], '${OVER}') end
  return redis.call('EXPIRE', KEYS[1], ARGV[1])`;

export interface AccountCopy {
  /** Null where no copy says whether the session lives. */
  readonly session: 'live' | 'over' | null;
  readonly profile: Profile | null;
}

/**
 * Short-lived copies in Redis of what every authenticated request needs: whether the session lives, and the
 * profile. One hash per account, so that one command reads both and a change of the profile reaches all sessions.
 * PostgreSQL stays the truth; methods reject with `RedisUnavailable`, and the caller decides what then.
 */
@Injectable()
export class AccountCopies {
  constructor(private readonly redis: RedisConnection) {}

  get configured(): boolean {
    return this.redis.configured;
  }

  async read(userId: string, sessionId: string): Promise<AccountCopy> {
    const [session, profile] = await this.redis.run((client) =>
      client.hmget(keyOf(userId), sessionId, 'profile'),
    );
    return {
      session: session === LIVE ? 'live' : session === OVER ? 'over' : null,
      profile: profile ? (JSON.parse(profile.slice(profile.indexOf(' ') + 1)) as Profile) : null,
    };
  }

  async fill(sessionId: string, profile: Profile): Promise<void> {
    await this.redis.run((client) =>
      client.eval(FILL, 1, keyOf(profile.id), sessionId, encode(profile), LIFETIME_SECONDS),
    );
  }

  async renewProfile(profile: Profile): Promise<void> {
    await this.redis.run((client) =>
      client.eval(RENEW_PROFILE, 1, keyOf(profile.id), encode(profile), LIFETIME_SECONDS),
    );
  }

  async endSessions(userId: string, sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return;
    await this.redis.run((client) => client.eval(END, 1, keyOf(userId), LIFETIME_SECONDS, ...sessionIds));
  }
}

const keyOf = (userId: string) => `portcullis:account:${userId}`;
const encode = (profile: Profile) => `${profile.updatedAt} ${JSON.stringify(profile)}`;
