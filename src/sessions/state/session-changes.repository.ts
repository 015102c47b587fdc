import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../platform/clock/clock.js';
import { LONGEST_TRANSACTION_SECONDS } from '../../platform/database/data-source-options.js';
import { databaseTime } from '../../platform/database/database-time.js';

/** A session that ended, or that lost its level. */
export interface ChangedSession {
  readonly id: string;
  /** When it lost its level; null if it ended. */
  readonly reducedAt: Date | null;
  /** For how long tokens of it are valid, by what was noted, milliseconds; negative if none is, null if nothing was noted. */
  readonly validMs: number | null;
}

/** The sessions that changed after an earlier read. */
export interface ChangePage {
  readonly changed: readonly ChangedSession[];
  /** The time of this read on PostgreSQL's clock, as it writes it, for the next read. */
  readonly readAt: string;
}

/** How far a read of changes goes back, in seconds. */
export interface ChangeReach {
  readonly mostSeconds: number;
  readonly lifeSeconds: number;
  readonly leewaySeconds: number;
}

/** A session that changed, or none, and the time of the read. */
type ChangeRow = Pick<ChangePage, 'readAt'> & Omit<ChangedSession, 'id'> & { readonly id: string | null };

/** Reads which sessions ended or lost their level lately. */
@Injectable()
export class SessionChangesRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns the sessions whose end or loss of level was committed since an earlier read, which is given by its `readAt`, or in
   * the last `mostSeconds` on PostgreSQL's clock, whichever is shorter; null stands for no earlier read. Of those that changed
   * longer than `lifeSeconds` ago, it returns only the ones of which tokens expired less than `leewaySeconds` ago. Changes are
   * dated before their commit, so those of the last {@link LONGEST_TRANSACTION_SECONDS} before the earlier read are returned
   * again.
   */
  async since(
    readAt: string | null,
    { mostSeconds, lifeSeconds, leewaySeconds }: ChangeReach,
  ): Promise<ChangePage> {
    const now = databaseTime(this.clock, 'now()');
    const beginning = `greatest(least($1::timestamptz, ${now}), ${now} - make_interval(secs => $2)) - make_interval(secs => $3)`;
    const isRecent = (time: string) => `${time} > ${beginning}
       AND (${time} > ${now} - make_interval(secs => $4) OR tokens_expire_at > ${now} - make_interval(secs => $5))`;
    const valid = `(extract(epoch FROM tokens_expire_at - ${now}) * 1000)::float8 AS "validMs"`;
    const rows = await this.dataSource.query<ChangeRow[]>(
      `WITH moment AS MATERIALIZED (SELECT (${now})::text AS "readAt")
       SELECT moment."readAt", changed.* FROM moment LEFT JOIN (
         SELECT id, NULL AS "reducedAt", ${valid} FROM sessions WHERE ${isRecent('revoked_at')}
         UNION ALL SELECT id, reduced_at, ${valid} FROM sessions WHERE ${isRecent('reduced_at')}) AS changed ON true`,
      [readAt ?? '-infinity', mostSeconds, LONGEST_TRANSACTION_SECONDS, lifeSeconds, leewaySeconds],
    );
    const changed = rows.flatMap(({ id, reducedAt, validMs }) =>
      id === null ? [] : [{ id, reducedAt, validMs }],
    );
    return { changed, readAt: rows[0]!.readAt };
  }
}
