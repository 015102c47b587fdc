import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Profile } from '../../platform/access/profile.js';
import { BoundedMap } from '../../platform/memory/bounded-map.js';
import { RedisNotices } from '../../platform/redis/redis-notices.js';
import { ACCOUNT_KEYS } from './account-key.js';

/** The number of accounts, about 1.5 KB each; the one known longest is dropped first. */
const CAPACITY = 10_000;

/** The number of sessions of one account, about 100 bytes each. */
const SESSIONS_PER_ACCOUNT = 16;

/** What this process has read from the copy of an account. */
export class LocalAccount {
  private readonly sessions = new BoundedMap<string, number>(SESSIONS_PER_ACCOUNT);
  private profile: Profile | null = null;

  /**
   * Stores that a session was live when PostgreSQL was read, at `readMs` (milliseconds since the Unix epoch), and the
   * profile of its owner.
   */
  keep(sessionId: string, readMs: number, profile: Profile): void {
    this.sessions.set(sessionId, readMs);
    this.profile = profile;
  }

  /**
   * Returns when PostgreSQL was read, if the session was live then, and the profile of its owner; null if that is not
   * known.
   */
  find(sessionId: string): { readonly readMs: number; readonly profile: Profile } | null {
    const readMs = this.sessions.get(sessionId);
    return readMs === undefined || !this.profile ? null : { readMs, profile: this.profile };
  }
}

/**
 * The copies of accounts that this process has read from Redis and that are not known to have changed there since. A copy
 * that Redis reports as changed is dropped, and none is used while a report could be missing for more than a second.
 */
@Injectable()
export class LocalAccountCache implements OnModuleInit {
  private readonly known = new BoundedMap<string, LocalAccount>(CAPACITY);

  constructor(private readonly notices: RedisNotices) {}

  onModuleInit(): void {
    this.notices.watch(ACCOUNT_KEYS, (userId) => {
      if (userId === null) this.known.clear();
      else this.drop(userId);
    });
  }

  get size(): number {
    return this.known.size;
  }

  /** Returns what is known of an account. */
  get(userId: string): LocalAccount | undefined {
    return this.notices.isCurrent ? this.known.get(userId) : undefined;
  }

  /**
   * Returns where to keep what is about to be read from the copy. It must be called before the command is sent: if the
   * copy changes before the reply has been read, the account is dropped, and what is kept there then is never used.
   */
  open(userId: string): LocalAccount {
    const held = this.get(userId);
    if (held) return held;
    const account = new LocalAccount();
    if (this.notices.isCurrent) this.known.set(userId, account);
    return account;
  }

  drop(userId: string): void {
    this.known.delete(userId);
  }
}
