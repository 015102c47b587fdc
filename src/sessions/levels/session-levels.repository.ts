import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { databaseTime } from '../../platform/database/database-time.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { ReducedSession } from '../revocation-list/revocation-record.js';

/** What is left of a session's methods without its second factors; `mfa` and `user` say something about these. */
const FIRST_FACTOR_ONLY = `amr = ARRAY(SELECT method FROM unnest(amr) AS method WHERE method = 'pwd'), acr = 'aal1'`;

const LOWERED = 'RETURNING id, user_id AS "userId", reduced_at AS "reducedAt"';

/** All SQL statements that lower the level of sessions. */
@Injectable()
export class SessionLevelsRepository {
  constructor(private readonly clock: Clock) {}

  private get loweredNow(): string {
    return `${FIRST_FACTOR_ONLY}, reduced_at = ${databaseTime(this.clock, 'clock_timestamp()')}`;
  }

  /**
   * Takes a factor away from the sessions of a user that proved it, and the level where it was the only one. Returns the
   * sessions that lost their level.
   */
  async withdraw(tx: Transaction, userId: string, factor: string): Promise<ReducedSession[]> {
    const [lowered] = await tx.query<[ReducedSession[], number]>(
      `UPDATE sessions SET ${this.loweredNow}
       WHERE user_id = $1 AND revoked_at IS NULL AND acr = 'aal2' AND array_remove(factors, $2) = '{}' ${LOWERED}`,
      [userId, factor],
    );
    await tx.query(
      `UPDATE sessions SET factors = array_remove(factors, $2)
       WHERE user_id = $1 AND revoked_at IS NULL AND $2 = ANY (factors)`,
      [userId, factor],
    );
    return lowered;
  }

  /** Takes every factor away from all sessions of a user, with the level. Returns the sessions that lost their level. */
  async withdrawAll(tx: Transaction, userId: string): Promise<ReducedSession[]> {
    const [lowered] = await tx.query<[ReducedSession[], number]>(
      `UPDATE sessions SET ${this.loweredNow}, factors = '{}'
       WHERE user_id = $1 AND revoked_at IS NULL AND acr = 'aal2' ${LOWERED}`,
      [userId],
    );
    return lowered;
  }
}
