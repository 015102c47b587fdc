import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Profile } from '../../platform/access/profile.js';
import { Clock } from '../../platform/clock/clock.js';
import type { RedisClient } from '../../platform/redis/redis-client.js';
import { RedisConnection } from '../../platform/redis/redis-connection.js';
import { RedisNotices } from '../../platform/redis/redis-notices.js';
import { evaluate, redisScript } from '../../platform/redis/redis-script.js';
import { TurnBatch } from '../../platform/redis/turn-batch.js';
import { ProfileChanges } from '../../users/profile-changes.js';
import { accountKey } from './account-key.js';
import { LocalAccountCache } from './local-account-cache.js';

/** Seconds that the copies of an account stay in Redis, counted from the first one. */
const LIFETIME_SECONDS = 30;

/**
 * How long a session is considered live after PostgreSQL was read, no matter how long the copy has been in Redis or
 * took to get there. This is shorter than the time for which `RecentRevocations` remembers ended sessions.
 */
const FRESH_MS = 30_000;

/** How far the clocks of two instances may differ. */
const CLOCK_LEEWAY_MS = 5000;

/** Stored instead of a time for a session that is over. */
const OVER = '0';

/** The number of copies that one script reads. */
const BATCH = 128;

/** KEYS: accounts. ARGV: one session of each. Returns the state of the session and the profile for each pair. */
const READ = redisScript(`
  local answer = {}
  for index = 1, #KEYS do
    local copy = redis.call('HMGET', KEYS[index], ARGV[index], 'profile')
    answer[2 * index - 1], answer[2 * index] = copy[1], copy[2]
  end
  return answer`);

/** Keeps the newer of two profiles: the encoded profile begins with `updatedAt`, which sorts as text. */
const KEEP_NEWER = `
  local held = redis.call('HGET', KEYS[1], 'profile')
  if not held or held < ARGV[2] then redis.call('HSET', KEYS[1], 'profile', ARGV[2]) end`;

/**
 * The expiry is never extended; otherwise a change to one session would keep the copies of all sessions of the
 * account.
 */
const GIVE_END = `return redis.call('EXPIRE', KEYS[1], ARGV[1], 'NX')`;

const RENEW_PROFILE = `${KEEP_NEWER}\n${GIVE_END}`;

/** Writes the state read from PostgreSQL, but does not overwrite the end of a session that was recorded meanwhile. */
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

/** A copy in Redis: when the session was read from PostgreSQL, or that it is over; and the encoded profile. */
type Copied = readonly [session: string | null, profile: string | null];

/** The state of an account as found in Redis; null means that PostgreSQL must be read. */
export interface CachedSession {
  /** Null if no copy shows whether the session is live. */
  readonly session: 'live' | 'over' | null;
  readonly profile: Profile | null;
}

/**
 * Short-lived copies in Redis of what every authenticated request needs: whether the session is live, and the profile.
 * There is one hash per account, so that one command reads both and a profile change reaches all sessions. What was read
 * is kept in the process until Redis reports a change, or no longer reports changes in time. PostgreSQL is
 * authoritative; methods reject with `RedisUnavailable`, which the caller handles.
 */
@Injectable()
export class SessionCache implements OnModuleInit {
  private readonly batch: TurnBatch<CopyKey, Copied>;

  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
    private readonly profiles: ProfileChanges,
    private readonly known: LocalAccountCache,
    private readonly notices: RedisNotices,
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

  /** Returns the owner of a session of which this process knows that it is live; null if Redis must be asked. */
  remembered(userId: string, sessionId: string): Profile | null {
    const found = this.known.get(userId)?.find(sessionId);
    return found && this.isFresh(found.readMs) ? found.profile : null;
  }

  /** Reads a copy. All requests of one event-loop turn share one round trip. */
  async read(userId: string, sessionId: string): Promise<CachedSession> {
    const account = this.known.open(userId);
    const key = { userId, sessionId };
    const [session, encoded] = await (this.redis.clustered ? this.readOne(key) : this.batch.ask(key));
    const profile = encoded === null ? null : decode(encoded);
    if (session === OVER) return { session: 'over', profile };
    const readMs = Number(session ?? Number.NaN);
    if (!this.isFresh(readMs)) return { session: null, profile };
    if (profile) account.keep(sessionId, readMs, profile);
    return { session: 'live', profile };
  }

  /** Stores that a session was live at `readAt`, when PostgreSQL was read. */
  async fill(sessionId: string, profile: Profile, readAt: Date): Promise<void> {
    const copy = [LIFETIME_SECONDS, encode(profile), sessionId, readAt.getTime()];
    await this.redis.run((client) => client.eval(FILL, 1, accountKey(profile.id), ...copy));
  }

  async renewProfile(profile: Profile): Promise<void> {
    const { id } = profile;
    await this.change(id, (client) =>
      client.eval(RENEW_PROFILE, 1, accountKey(id), LIFETIME_SECONDS, encode(profile)),
    );
  }

  /** Removes the profile; the copy of the sessions stays, because it shows that they are over. */
  async removeProfile(userId: string): Promise<void> {
    await this.change(userId, (client) => client.hdel(accountKey(userId), 'profile'));
  }

  async endSessions(userId: string, sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return;
    await this.change(userId, (client) =>
      client.eval(END, 1, accountKey(userId), LIFETIME_SECONDS, ...sessionIds),
    );
  }

  /**
   * Changes a copy, and waits until Redis has sent every other process the notice that makes it read the copy again. It has
   * normally arrived before the response to this request. A process that gets it later uses its copy for up to a second.
   */
  private async change(userId: string, write: (client: RedisClient) => Promise<unknown>): Promise<void> {
    this.known.drop(userId);
    try {
      await this.redis.run(write);
      await this.notices.sent();
    } finally {
      // The reply to a read that was sent before may have been kept meanwhile.
      this.known.drop(userId);
    }
  }

  /** NaN is not fresh. */
  private isFresh(readMs: number): boolean {
    const ageMs = this.clock.nowMs() - readMs;
    return ageMs < FRESH_MS && ageMs > -CLOCK_LEEWAY_MS;
  }

  private readOne({ userId, sessionId }: CopyKey): Promise<Copied> {
    return this.redis.run(async (client) => {
      const [session = null, profile = null] = await client.hmget(accountKey(userId), sessionId, 'profile');
      return [session, profile];
    });
  }

  private readAll(keys: readonly CopyKey[]): Promise<Copied[]> {
    const accounts = keys.map(({ userId }) => accountKey(userId));
    const sessions = keys.map(({ sessionId }) => sessionId);
    return this.redis.run(async (client) => {
      const copied = (await evaluate(client, READ, accounts, sessions)) as (string | null)[];
      return keys.map((_, index) => [copied[2 * index] ?? null, copied[2 * index + 1] ?? null]);
    });
  }
}

const encode = (profile: Profile) => `${profile.updatedAt} ${JSON.stringify(profile)}`;

/** Null for a profile that an instance of the previous version has written, without a locale. */
function decode(text: string): Profile | null {
  const profile = JSON.parse(text.slice(text.indexOf(' ') + 1)) as Partial<Profile>;
  return profile.locale === undefined ? null : (profile as Profile);
}
