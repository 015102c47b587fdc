import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Principal, SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { timeOfUuid } from '../../platform/crypto/uuid.js';
import { databaseTime } from '../../platform/database/database-time.js';
import { eventsThatEnd } from '../event-types.js';
import { FeedCursor } from '../feed/feed-cursor.js';

const ENDS_ONE = eventsThatEnd('session');
const ENDS_ALL = eventsThatEnd('every session');
const ENDS_KEY = eventsThatEnd('key');
const ENDS_KEYS_OF_USER = [...ENDS_ALL, ...eventsThatEnd('every key')];
const ENDS_ACCOUNT = eventsThatEnd('service account');

/**
 * How far the clocks of two instances may differ. The time merely excludes older entries from the search. The clock
 * may be set back while a stream is open, so the current time is taken into account, too.
 */
const SKEW_MS = 600_000;

/** How long an instance may admit a key after its owner lost a role or was disabled, with the difference of two clocks. */
const LATE_MS = 5000;

/** A point in the trail. */
export interface Moment {
  readonly ms: number;
  /** A position of the feed. */
  readonly position: string;
}

/**
 * Checks whether a reader's session has ended or its permissions have changed. The trail contains these events,
 * whichever instance ended the session. It is queried directly, because the feed can be delayed and a reader can be
 * far behind.
 */
@Injectable()
export class SessionEndsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /**
   * SQL: an entry may have come since the stream began, at the time $2 (less the difference of clocks) and the position $3, or
   * since a time `late`, until which an instance may have admitted the reader without knowing the entry.
   */
  private isSince(late: string): string {
    const recent = `${databaseTime(this.clock, 'now()')} - interval '${SKEW_MS} ms'`;
    return `time >= least($2, ${recent}) AND (position >= $3 OR time >= ${late})`;
  }

  /** Returns whether the reader's session or key has ended, or its owner's access, since the stream began. */
  async hasEnded(principal: Principal, begun: Moment): Promise<boolean> {
    if (principal.kind === 'session') return this.sessionHasEnded(principal, begun);
    if (await this.nameIsIn(ENDS_KEY, 'keyId', principal.keyId, begun)) return true;
    return principal.kind === 'api-key'
      ? this.ownerHasChanged(principal.userId, begun)
      : this.nameIsIn(ENDS_ACCOUNT, 'serviceAccountId', principal.serviceAccountId, begun);
  }

  /** Returns whether an event of these types, since the stream began, names this key or account in its details. */
  private async nameIsIn(
    types: readonly string[],
    member: 'keyId' | 'serviceAccountId',
    id: string,
    { ms, position }: Moment,
  ): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ ended: boolean }]>(
      `SELECT EXISTS (
         SELECT FROM audit_events WHERE type = ANY($1) AND ${this.isSince('$6')}
           AND details->>$4::text = $5) AS ended`,
      [
        types,
        new Date(ms - SKEW_MS),
        FeedCursor.parse(position).position,
        member,
        id,
        new Date(ms - LATE_MS),
      ],
    );
    return row.ended;
  }

  /**
   * Returns whether the owner of a key was disabled or deleted, got other roles or lost a second factor. The key itself
   * may live on; its client reconnects then.
   */
  private async ownerHasChanged(userId: string, { ms, position }: Moment): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ ended: boolean }]>(
      `SELECT EXISTS (
         SELECT FROM audit_events WHERE user_id = $1 AND ${this.isSince('$5')}
           AND type = ANY($4)) AS ended`,
      [
        userId,
        new Date(ms - SKEW_MS),
        FeedCursor.parse(position).position,
        ENDS_KEYS_OF_USER,
        new Date(ms - LATE_MS),
      ],
    );
    return row.ended;
  }

  /**
   * Returns whether the session has ended since the stream began. Also considers recent events since the session began,
   * because an instance may have admitted the reader just after the end. The session's id contains its start (RFC 9562
   * section 5.7).
   */
  private async sessionHasEnded(
    { userId, sessionId }: SessionPrincipal,
    { ms, position }: Moment,
  ): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ ended: boolean }]>(
      `SELECT EXISTS (
         SELECT FROM audit_events WHERE user_id = $1 AND ${this.isSince('$7')}
           AND (type = ANY($4) OR (session_id = $5 AND type = ANY($6)))) AS ended`,
      [
        userId,
        new Date(ms - SKEW_MS),
        FeedCursor.parse(position).position,
        ENDS_ALL,
        sessionId,
        ENDS_ONE,
        timeOfUuid(sessionId),
      ],
    );
    return row.ended;
  }
}
