import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import type { Profile } from '../../platform/access/profile.js';
import { type VoidUntil, voidUntilOf } from '../../platform/access/void-until.js';
import { Clock } from '../../platform/clock/clock.js';
import { noteDeparted } from '../../platform/http/origin.js';
import type { RequestContext } from '../../platform/http/request-context.js';
import { BoundedMap } from '../../platform/memory/bounded-map.js';
import { SessionCache, type CachedSession } from './session-cache.js';
import { profileOf } from '../../users/profile.js';
import { LastSeen } from './last-seen.js';
import { RecentRevocations } from './recent-revocations.js';
import { SessionsRepository } from '../sessions.repository.js';

/** The number of ended sessions that are remembered, about 100 bytes each. */
const REMEMBERED_OVER = 20_000;

/** How long an ended session's account counts as existing without another look, milliseconds. */
const LOOK_AGAIN_MS = 10_000;

interface OverSession {
  readonly isAccountGone: boolean;
  /** When that was seen. */
  readonly atMs: number;
}

/**
 * Checks whether the session of a token is still live. A session that this process knows costs one look-up. Otherwise the copy
 * in Redis is read in the same turn of the event loop, and so in the same round trip, as the rate limits; PostgreSQL, which is
 * authoritative, is read only if there is no valid copy.
 */
@Injectable()
export class SessionState {
  private readonly over = new BoundedMap<string, OverSession>(REMEMBERED_OVER);
  private readonly asked = new WeakMap<RequestContext, Promise<CachedSession | null>>();

  constructor(
    private readonly cache: SessionCache,
    private readonly feed: RecentRevocations,
    private readonly sessions: SessionsRepository,
    private readonly lastSeen: LastSeen,
    private readonly clock: Clock,
  ) {}

  /** Whether this process has seen that the session is over; false does not mean that it is live. */
  isKnownToBeOver({ sessionId }: SessionPrincipal): boolean {
    return this.over.has(sessionId) || this.feed.hasEnded(sessionId);
  }

  /** Requests the copy from Redis if this process does not know the session, without waiting for the reply. */
  prefetch(context: RequestContext, principal: SessionPrincipal): void {
    if (!this.findLocally(principal)) this.asked.set(context, this.readCopy(principal));
  }

  /**
   * Returns the account of the request's session, without a promise if this process knows it; null if the session is over.
   * Throws `dependency_unavailable`.
   */
  accountOf(context: RequestContext, principal: SessionPrincipal): Profile | null | Promise<Profile | null> {
    const profile = this.findLocally(principal);
    if (!profile) return this.findAndNote(context, principal);
    this.lastSeen.note(principal.sessionId);
    return profile;
  }

  /** Up to when the tokens of a session are void, once `accountOf` has been asked about the session. */
  voidUntil({ sessionId }: SessionPrincipal): VoidUntil {
    return this.feed.voidUntil(sessionId);
  }

  /**
   * Returns the user of a session that is live, as PostgreSQL has it, and up to when its tokens are void; null if it is over.
   * Throws `dependency_unavailable`.
   */
  async live(sessionId: string): Promise<{ readonly userId: string; readonly voidUntil: VoidUntil } | null> {
    const found = await this.sessions.findLive(sessionId, this.clock.now());
    return found && { userId: found.owner.id, voidUntil: voidUntilOf(found.session.reducedAt) };
  }

  private findLocally({ userId, sessionId }: SessionPrincipal): Profile | null {
    if (!this.feed.isCurrent || this.feed.hasEnded(sessionId)) return null;
    return this.cache.remembered(userId, sessionId);
  }

  /** Returns the copy in Redis; null if there is none to be trusted. */
  private async readCopy({ userId, sessionId }: SessionPrincipal): Promise<CachedSession | null> {
    if (!this.cache.configured || !this.feed.isCurrent) return null;
    return this.cache.read(userId, sessionId).catch(() => null);
  }

  private async findAndNote(context: RequestContext, principal: SessionPrincipal): Promise<Profile | null> {
    const profile = await this.findOwner(context, principal);
    if (profile) this.lastSeen.note(principal.sessionId);
    else await this.noteOver(context, principal);
    return profile;
  }

  /**
   * Remembers that a session is over, and whether its account is gone. While PostgreSQL cannot be asked, the account counts as
   * existing: its entries are then erased with the others.
   */
  private async noteOver({ origin }: RequestContext, { userId, sessionId }: SessionPrincipal): Promise<void> {
    const nowMs = this.clock.nowMs();
    let seen = this.over.get(sessionId);
    if (!seen || (!seen.isAccountGone && Math.abs(nowMs - seen.atMs) >= LOOK_AGAIN_MS)) {
      const isAccountGone = !(await this.sessions.hasAccount(userId).catch(() => true));
      seen = { isAccountGone, atMs: nowMs };
      this.over.set(sessionId, seen);
    }
    if (seen.isAccountGone) noteDeparted(origin);
  }

  private async findOwner(context: RequestContext, principal: SessionPrincipal): Promise<Profile | null> {
    const { userId, sessionId } = principal;
    // The copy has not been requested yet if this process knew the session when the request began.
    const copy = await (this.asked.get(context) ?? this.readCopy(principal));
    if (this.feed.hasEnded(sessionId)) return null;
    if (copy && this.feed.isCurrent) {
      if (copy.session === 'over') return null;
      if (copy.session === 'live' && copy.profile) return copy.profile;
    }
    const now = this.clock.now();
    const found = await this.sessions.findLive(sessionId, now);
    if (found?.owner.id !== userId) return null;
    this.feed.noteReduced(sessionId, found.session.reducedAt);
    const profile = profileOf(found.owner);
    if (this.cache.configured) this.cache.fill(sessionId, profile, now).catch(() => undefined);
    return profile;
  }
}
