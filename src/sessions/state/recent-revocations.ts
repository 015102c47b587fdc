import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type VoidUntil, voidUntilOf } from '../../platform/access/void-until.js';
import { FeedPoll } from '../../platform/clock/feed-poll.js';
import { Environment } from '../../platform/config/environment.js';
import { LEEWAY_SECONDS } from '../keys/key-schedule.js';
import { SessionCache } from './session-cache.js';
import { type ChangedSession, SessionChangesRepository } from './session-changes.repository.js';

/** The longest lifetime of access tokens that can be configured: other instances may have another than this one. */
const LONGEST_LIFE_SECONDS = 24 * 60 * 60;

/** Until when the tokens of a session are void. */
interface Reduction {
  readonly voidUntil: number;
  /** The time (`performance.now()`) at which it may be forgotten. */
  readonly untilMs: number;
}

/**
 * The sessions that ended or lost their level recently, read from PostgreSQL several times a second. They make the
 * short-lived copies in Redis safe: within a second, they overrule a copy that a failed write left behind or that an
 * attacker inserted. Without Redis there are no copies, and nothing is polled.
 */
@Injectable()
export class RecentRevocations implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(RecentRevocations.name);
  /** Session id to the time (`performance.now()`) at which it may be forgotten. */
  private readonly ended = new Map<string, number>();
  private readonly reduced = new Map<string, Reduction>();
  /** When the last successful read was, on PostgreSQL's clock, which also goes on while this machine is suspended. */
  private readAt: string | null = null;
  /** Kept for the lifetime of an access token, or as long as is noted on the session; about 100 bytes each. */
  private readonly rememberedMs: number;
  private readonly poll = new FeedPoll(
    () => this.read(),
    (err) =>
      this.logger.debug(
        { err },
        'Revocations could not be read; cached sessions are not trusted until they can be.',
      ),
  );

  constructor(
    private readonly changes: SessionChangesRepository,
    private readonly cache: SessionCache,
    environment: Environment,
  ) {
    this.rememberedMs = (environment.JWT_ACCESS_TOKEN_EXPIRE_MINUTES * 60 + LEEWAY_SECONDS) * 1000;
  }

  async onModuleInit(): Promise<void> {
    if (this.cache.configured) await this.poll.start();
  }

  onApplicationShutdown(): void {
    this.poll.stop();
  }

  /** Whether this process knows all sessions that ended or lost their level until a second ago, so that copies can be trusted. */
  get isCurrent(): boolean {
    return this.poll.isCurrent;
  }

  hasEnded(sessionId: string): boolean {
    return this.ended.has(sessionId);
  }

  /** Adds the sessions that this process itself ended, ahead of the next read, which has what is noted on them. */
  note(sessionIds: readonly string[]): void {
    const until = performance.now() + this.rememberedMs;
    for (const id of sessionIds) this.ended.set(id, until);
    this.forget(performance.now());
  }

  /** Up to when the tokens of a session are void; undefined if none that has not expired is. */
  voidUntil(sessionId: string): VoidUntil {
    return this.reduced.get(sessionId)?.voidUntil;
  }

  /** Adds a session of which this process has read, or itself decided, when it lost its level; null if it did not. */
  noteReduced(sessionId: string, reducedAt: Date | null, validMs: number | null = null): void {
    const voidUntil = voidUntilOf(reducedAt);
    const known = this.reduced.get(sessionId);
    if (voidUntil === undefined || (known && voidUntil < known.voidUntil)) return;
    const untilMs = Math.max(this.untilMs(validMs), known?.untilMs ?? 0);
    // Moves it to the end, so that the oldest is the first.
    this.reduced.delete(sessionId);
    this.reduced.set(sessionId, { voidUntil, untilMs });
    this.forget(performance.now());
  }

  private noteAll(changed: readonly ChangedSession[]): void {
    for (const { id, reducedAt, validMs } of changed) {
      if (reducedAt === null) this.ended.set(id, this.untilMs(validMs));
      else this.noteReduced(id, reducedAt, validMs);
    }
  }

  /** Until when to remember a session of which tokens are valid for so long, or of which nothing was noted. */
  private untilMs(validMs: number | null): number {
    return performance.now() + Math.max(this.rememberedMs, (validMs ?? 0) + LEEWAY_SECONDS * 1000);
  }

  private async read(): Promise<void> {
    // Before the query, because what is over must be forgotten even if it fails.
    this.forget(performance.now());
    // The first read includes every session of which a token can still be valid.
    const { changed, readAt } = await this.changes.since(this.readAt, {
      mostSeconds: LONGEST_LIFE_SECONDS,
      lifeSeconds: this.rememberedMs / 1000,
      leewaySeconds: LEEWAY_SECONDS,
    });
    this.noteAll(changed);
    this.readAt = readAt;
  }

  /**
   * The maps are ordered by time, oldest first, except for repeated ids, which `note` leaves in place, and sessions that are
   * remembered for longer, which keep those behind them for as long.
   */
  private forget(nowMs: number): void {
    for (const [id, until] of this.ended) {
      if (until > nowMs) break;
      this.ended.delete(id);
    }
    for (const [id, { untilMs }] of this.reduced) {
      if (untilMs > nowMs) break;
      this.reduced.delete(id);
    }
  }
}
