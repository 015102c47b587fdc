import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { databaseTime } from '../../platform/database/database-time.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { AuthenticationMethod } from '../proofs.js';
import type { ReducedSession } from '../revocation-list/revocation-list-writer.js';

/** A factor that an account has no longer. */
export interface WithdrawnFactor {
  /** As sessions store it. */
  readonly factor: string;
  /** The methods that its proof gave a session. */
  readonly methods: readonly AuthenticationMethod[];
  /**
   * The factors that give the same methods; a session that has proven one of them keeps these, except `user`: which of
   * several keys has verified its user is not stored.
   */
  readonly alsoBy: readonly string[];
}

/** What is left of a session's methods without its second factors; `mfa` and `user` say something about these. */
const FIRST_FACTOR_ONLY = `amr = ARRAY(SELECT method FROM unnest(amr) AS method WHERE method = 'pwd'), acr = 'aal1'`;

/**
 * SQL: a time at or before every proof that a session keeps. Which of them was made when is not stored, so the latest may be
 * that of the factor that is taken away.
 */
const boundOfProofs = (session: string) =>
  `least(COALESCE(${session}.auth_time, ${session}.created_at), ${session}.created_at)`;

/** All SQL statements that lower the level of sessions. */
@Injectable()
export class SessionLevelsRepository {
  constructor(private readonly clock: Clock) {}

  /**
   * Returns the SQL expression of the time until which tokens are void after a reduction: one second from now, because until
   * then an instance may still issue tokens of the former level, and in a later second than that of the former reduction, because
   * tokens issued between the two have the level that is now reduced again.
   */
  private momentAfter(former: string): string {
    const time = databaseTime(this.clock, 'clock_timestamp()');
    return `greatest(${time}, date_trunc('second', ${former})) + interval '1 second'`;
  }

  /**
   * Takes a factor away from the sessions of a user that proved it, with the methods that no other factor of the session
   * gives. What is left decides the level, as in `assuranceOf`. Returns the sessions whose tokens state more than what is left.
   */
  async withdraw(
    tx: Transaction,
    userId: string,
    { factor, methods, alsoBy }: WithdrawnFactor,
  ): Promise<ReducedSession[]> {
    const [changed] = await tx.query<[(ReducedSession & { readonly isReduced: boolean })[], number]>(
      `UPDATE sessions AS s SET factors = array_remove(before.factors, $2), amr = kept.amr, acr = kept.acr,
         auth_time = kept.auth_time,
         reduced_at = CASE WHEN kept.is_less THEN ${this.momentAfter('before.reduced_at')} ELSE before.reduced_at END
       FROM sessions AS before CROSS JOIN LATERAL (
         SELECT COALESCE(array_agg(method ORDER BY place), '{}') AS methods,
           count(*) FILTER (WHERE method <> 'user') > 1 AS several
         FROM unnest(before.amr) WITH ORDINALITY AS held (method, place)
         WHERE method <> 'mfa'
           AND NOT (method = ANY ($3::text[]) AND (method = 'user' OR NOT before.factors && $4::text[]))
       ) AS remaining CROSS JOIN LATERAL (
         SELECT CASE WHEN several THEN methods || ARRAY['mfa'] ELSE methods END AS amr,
           CASE WHEN several OR 'user' = ANY (methods) THEN 'aal2' ELSE 'aal1' END AS acr,
           ${boundOfProofs('before')} AS auth_time
       ) AS proven CROSS JOIN LATERAL (
         SELECT proven.*, (proven.acr, proven.amr, proven.auth_time) IS DISTINCT FROM
           (before.acr, before.amr, COALESCE(before.auth_time, before.created_at)) AS is_less
       ) AS kept
       WHERE s.id = before.id AND s.user_id = $1 AND s.revoked_at IS NULL AND $2 = ANY (s.factors)
       RETURNING s.id, s.user_id AS "userId", s.reduced_at AS "reducedAt", s.tokens_expire_at AS "tokensExpireAt",
         kept.is_less AS "isReduced"`,
      [userId, factor, methods, alsoBy],
    );
    return changed.filter(({ isReduced }) => isReduced);
  }

  /** Takes every factor away from all sessions of a user that proved one. Returns these sessions. */
  async withdrawAll(tx: Transaction, userId: string): Promise<ReducedSession[]> {
    const [lowered] = await tx.query<[ReducedSession[], number]>(
      `UPDATE sessions SET ${FIRST_FACTOR_ONLY}, auth_time = ${boundOfProofs('sessions')},
         reduced_at = ${this.momentAfter('reduced_at')}, factors = '{}'
       WHERE user_id = $1 AND revoked_at IS NULL AND (acr = 'aal2' OR factors <> '{}')
       RETURNING id, user_id AS "userId", reduced_at AS "reducedAt", tokens_expire_at AS "tokensExpireAt"`,
      [userId],
    );
    return lowered;
  }
}
