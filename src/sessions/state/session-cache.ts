import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Profile } from '../../platform/access/profile.js';
import { Clock } from '../../platform/clock/clock.js';
import { RedisConnection } from '../../platform/redis/redis-connection.js';
import { evaluate, redisScript } from '../../platform/redis/redis-script.js';
import { TurnBatch } from '../../platform/redis/turn-batch.js';
import { ProfileChanges } from '../../users/profile-changes.js';

/** Seconds that an account stays in Redis, from the first copy on. */
const LIFETIME_SECONDS = 30;

/**
 * A session is believed to live for so long after the look at PostgreSQL that found it so, and no longer, however long
 * the copy lies in Redis or was on its way there: shorter than the revocation feed remembers what has ended.
 */
const BELIEVED_MS = 30_000;

/** How far the clocks of two instances may differ. */
const CLOCK_LEEWAY_MS = 5000;

/** What stands in place of a time for a session that is over. */
const OVER = '0';

/** Copies read by one script. */
const BATCH = 128;

/** KEYS: accounts. ARGV: a session of each. Returns the state of the session and the profile, for one after the other. */
const READ = redisScript(`
  local answer = {}
  for index = 1, #KEYS do
    local copy = redis.call('HMGET', KEYS[index], ARGV[index], 'profile')
    answer[2 * index - 1], answer[2 * index] = copy[1], copy[2]
  end
  return answer`);

/** Keeps the newer of two profiles: `updatedAt` leads the text and compares as text. */
const KEEP_NEWER = `
  local held = redis.call('HGET', KEYS[1], 'profile')
  if not held or held < ARGV[2] then redis.call('HSET', KEYS[1], 'profile', ARGV[2]) end`;

/** Never prolonged, or whoever changes one session of an account would keep the copies of all. */
const GIVE_END = `return redis.call('EXPIRE', KEYS[1], ARGV[1], 'NX')`;

const RENEW_PROFILE = `${KEEP_NEWER}\n${GIVE_END}`;

/** Writes what PostgreSQL said, except over the end of a session that was announced meanwhile. */
const FILL = `
  if redis.call('HGET', KEYS[1], ARGV[3]) ~= '${OVER}' then redis.call('HSET', KEYS[1], ARGV[3], ARGV[4]) end
  ${KEEP_NEWER}
  ${GIVE_END}`;

const END = `
  for index = 2, #ARGV do redis.call('HSET', KEYS[1], ARGV[index], '${OVER}') end
  ${GIVE_END}`;

interface CopyKey {
  readonly userId: string;
  readonly sessionId: string;
}

/** What Redis holds: when PostgreSQL was asked about the session, or that it is over; and the profile, encoded. */
type Copied = readonly [session: string | null, profile: string | null];

/** What could be learned of an account without asking PostgreSQL; null means ask. */
export interface CachedSession {
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
export class SessionCache implements OnModuleInit {
  private readonly batch: TurnBatch<CopyKey, Copied>;

  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
    private readonly profiles: ProfileChanges,
  ) {
    this.batch = new TurnBatch(redis, (keys) => this.readAll(keys), BATCH);
  }

  onModuleInit(): void {
    this.profiles.onChange(async (profile) => {
      if (this.configured) await this.renewProfile(profile);
    });
  }

  get configured(): boolean {
    return this.redis.configured;
  }

  /** One round trip, shared with all requests of a turn. */
  async read(userId: string, sessionId: string): Promise<CachedSession> {
    const key = { userId, sessionId };
    const [session, profile] = await (this.redis.clustered ? this.readOne(key) : this.batch.ask(key));
    return {
      session: session === OVER ? 'over' : this.isFresh(session) ? 'live' : null,
      profile: profile ? (JSON.parse(profile.slice(profile.indexOf(' ') + 1)) as Profile) : null,
    };
  }

  /** Notes a session that PostgreSQL, asked at `readAt`, has found alive. */
  async fill(sessionId: string, profile: Profile, readAt: Date): Promise<void> {
    const copy = [LIFETIME_SECONDS, encode(profile), sessionId, readAt.getTime()];
    await this.redis.run((client) => client.eval(FILL, 1, keyOf(profile.id), ...copy));
  }

  async renewProfile(profile: Profile): Promise<void> {
    await this.redis.run((client) =>
      client.eval(RENEW_PROFILE, 1, keyOf(profile.id), LIFETIME_SECONDS, encode(profile)),
    );
  }

  async endSessions(userId: string, sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return;
    await this.redis.run((client) => client.eval(END, 1, keyOf(userId), LIFETIME_SECONDS, ...sessionIds));
  }

  private isFresh(session: string | null): boolean {
    const ageMs = this.clock.nowMs() - Number(session ?? Number.NaN);
    return ageMs < BELIEVED_MS && ageMs > -CLOCK_LEEWAY_MS;
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
