import { Injectable } from '@nestjs/common';
import type { Profile } from '../platform/access/profile.js';
import { RedisConnection } from '../platform/redis/redis-connection.js';
import { evaluate, redisScript } from '../platform/redis/redis-script.js';
import { TurnBatch } from '../platform/redis/turn-batch.js';

/** Seconds that a copy lives; what it can be wrong by is bounded by the revocation feed, not by this. */
const LIFETIME_SECONDS = 30;

const OVER = '0';
const LIVE = '1';

/** Copies read by one script. */
const BATCH = 128;

/** KEYS: accounts. ARGV: a session of each. Answers: the state of the session and the profile, for one after the other. */
const READ = redisScript(`
  local answer = {}
  for index = 1, #KEYS do
    local copy = redis.call('HMGET', KEYS[index], ARGV[index], 'profile')
    answer[2 * index - 1], answer[2 * index] = copy[1], copy[2]
  end
  return answer`);

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

interface CopyKey {
  readonly userId: string;
  readonly sessionId: string;
}

/** What Redis holds: the session's state and the profile, encoded. */
type Copied = readonly [session: string | null, profile: string | null];

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
  private readonly batch = new TurnBatch<CopyKey, Copied>((keys) => this.readAll(keys), BATCH);

  constructor(private readonly redis: RedisConnection) {}

  get configured(): boolean {
    return this.redis.configured;
  }

  /** One round trip, shared with all requests of a turn. */
  async read(userId: string, sessionId: string): Promise<AccountCopy> {
    const key = { userId, sessionId };
    const [session, profile] = await (this.redis.clustered ? this.readOne(key) : this.batch.ask(key));
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

  private readOne({ userId, sessionId }: CopyKey): Promise<Copied> {
    return this.redis.run(async (client) => {
      const [session = null, profile = null] = await client.hmget(keyOf(userId), sessionId, 'profile');
      return [session, profile];
    });
  }

  private readAll(keys: readonly CopyKey[]): Promise<Copied[]> {
    const accounts = keys.map(({ userId }) => keyOf(userId));
    const sessions = keys.map(({ sessionId }) => sessionId);
    return this.redis.run(async (client) => {
      const copied = (await evaluate(client, READ, accounts, sessions)) as (string | null)[];
      return keys.map((_, index) => [copied[2 * index] ?? null, copied[2 * index + 1] ?? null]);
    });
  }
}

const keyOf = (userId: string) => `portcullis:account:${userId}`;
const encode = (profile: Profile) => `${profile.updatedAt} ${JSON.stringify(profile)}`;
