import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { AuthenticationMethod } from '../proofs.js';

/** A factor that an account has no longer. */
export interface WithdrawnFactor {
  /** As sessions store it. */
  readonly factor: string;
  /** The methods that its proof gave a session. */
  readonly methods: readonly AuthenticationMethod[];
  /** The factors that give the same methods; a session that has proven one of them keeps these. */
  readonly alsoBy: readonly string[];
}

/** What is left of a session's methods without its second factors; `mfa` and `user` say something about these. */
const FIRST_FACTOR_ONLY = `amr = ARRAY(SELECT method FROM unnest(amr) AS method WHERE method = 'pwd'), acr = 'aal1'`;

/** All SQL statements that lower the level of sessions. */
@Injectable()
export class SessionLevelsRepository {
  /**
   * Takes a factor away from the sessions of a user that proved it, with the methods that no other factor of the session
   * gives. What is left decides the level, as in `assuranceOf`.
   */
  async withdraw(
    tx: Transaction,
    userId: string,
    { factor, methods, alsoBy }: WithdrawnFactor,
  ): Promise<void> {
    await tx.query(
      `UPDATE sessions SET factors = array_remove(factors, $2) WHERE user_id = $1 AND revoked_at IS NULL
         AND $2 = ANY (factors) AND factors && $3::text[]`,
      [userId, factor, alsoBy],
    );
    await tx.query(
      `UPDATE sessions AS s SET factors = array_remove(before.factors, $2), acr = kept.acr,
         amr = CASE WHEN kept.several THEN kept.methods || ARRAY['mfa'] ELSE kept.methods END
       FROM sessions AS before CROSS JOIN LATERAL (
         SELECT methods, several, CASE WHEN several OR 'user' = ANY (methods) THEN 'aal2' ELSE 'aal1' END AS acr
         FROM (SELECT COALESCE(array_agg(method ORDER BY place), '{}') AS methods, count(*) FILTER (WHERE method <> 'user') > 1 AS several
               FROM unnest(before.amr) WITH ORDINALITY AS held (method, place)
               WHERE method <> 'mfa' AND method <> ALL ($3::text[])) AS remaining) AS kept
       WHERE s.id = before.id AND s.user_id = $1 AND s.revoked_at IS NULL AND $2 = ANY (s.factors)`,
      [userId, factor, methods],
    );
  }

  /** Takes every factor away from all sessions of a user, with the level. */
  async withdrawAll(tx: Transaction, userId: string): Promise<void> {
    await tx.query(
      `UPDATE sessions SET ${FIRST_FACTOR_ONLY}, factors = '{}'
       WHERE user_id = $1 AND revoked_at IS NULL AND (acr = 'aal2' OR factors <> '{}')`,
      [userId],
    );
  }
}
