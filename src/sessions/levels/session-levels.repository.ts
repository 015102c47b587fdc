import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';

/** What is left of a session's methods without its second factors; `mfa` and `user` say something about these. */
const FIRST_FACTOR_ONLY = `amr = ARRAY(SELECT method FROM unnest(amr) AS method WHERE method = 'pwd'), acr = 'aal1'`;

/** All SQL statements that lower the level of sessions. */
@Injectable()
export class SessionLevelsRepository {
  /** Takes a factor away from the sessions of a user that proved it, and the level where it was the only one. */
  async withdraw(tx: Transaction, userId: string, factor: string): Promise<void> {
    await tx.query(
      `UPDATE sessions SET ${FIRST_FACTOR_ONLY}
       WHERE user_id = $1 AND revoked_at IS NULL AND acr = 'aal2' AND array_remove(factors, $2) = '{}'`,
      [userId, factor],
    );
    await tx.query(
      `UPDATE sessions SET factors = array_remove(factors, $2)
       WHERE user_id = $1 AND revoked_at IS NULL AND $2 = ANY (factors)`,
      [userId, factor],
    );
  }

  /** Takes every factor away from all sessions of a user, with the level. */
  async withdrawAll(tx: Transaction, userId: string): Promise<void> {
    await tx.query(
      `UPDATE sessions SET ${FIRST_FACTOR_ONLY}, factors = '{}'
       WHERE user_id = $1 AND revoked_at IS NULL AND acr = 'aal2'`,
      [userId],
    );
  }
}
