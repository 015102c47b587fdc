import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { timeOfUuid } from '../../platform/crypto/uuid.js';
import { databaseTime } from '../../platform/database/database-time.js';
import { eventsThatEnd } from '../audit-vocabulary.js';
import { FeedCursor } from '../feed/feed-cursor.js';

const ENDS_ONE = eventsThatEnd('session');
const ENDS_ALL = eventsThatEnd('every session');

/**
 * By how much the clocks of two instances may differ; the time only keeps the older entries out of the search. Since the
 * clock may be set back while a stream is open, the present counts as well.
 */
const SKEW_MS = 600_000;

/** A moment of the trail. */
export interface Moment {
  readonly ms: number;
  /** A position of the feed. */
  readonly position: string;
}

/**
 * Checks whether a reader's session has ended or its permissions have changed. The trail contains these events, whichever
 * instance ended the session. It is queried directly, because the feed can be held back and a reader can be far behind.
 */
@Injectable()
export class SessionEndsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /**
   * Since the stream began or, lately, since the session did: an instance may have let it in a moment after its end. The
   * session's id says when that was (RFC 9562 section 5.7).
   */
  async hasEnded({ userId, sessionId }: SessionPrincipal, { ms, position }: Moment): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ ended: boolean }]>(
      `SELECT EXISTS (
         SELECT FROM audit_events WHERE user_id = $1 AND time >= least($2, ${databaseTime(this.clock, 'now()')} - interval '10 minutes') AND (position >= $3 OR time >= $7)
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
