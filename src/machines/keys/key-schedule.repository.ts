import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Locale } from '../../platform/access/locale.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';

/** A key that expires soon, and a person to tell. */
export interface ExpiringKey {
  readonly keyId: string;
  /** The name of its service account; null for a key of a person. */
  readonly account: string | null;
  readonly name: string;
  readonly hint: string;
  readonly expiresAt: Date;
  readonly userId: string;
  readonly email: string;
  readonly locale: Locale;
  readonly emailVerified: boolean;
}

/** SQL of what is done about keys on schedule. */
@Injectable()
export class KeyScheduleRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Marks active keys that expire within these days as noticed, a bounded number at a time, and returns each with everybody
   * to tell: its owner or, for a service account, the administrators. Keys that were made for no more days, or that have a
   * successor, are left out. Instances that run at the same time skip each other's rows.
   */
  async takeExpiring(
    tx: Transaction,
    days: number,
    now: Date,
    limit: number,
  ): Promise<{ taken: number; keys: ExpiringKey[] }> {
    const [taken] = (await tx.query(
      `UPDATE api_keys SET noticed_days = $1 WHERE id = ANY (ARRAY(
         SELECT id FROM api_keys
          WHERE expires_at > $2 AND expires_at <= $2 + make_interval(days => $1) AND lifetime_days > $1
            AND revoked_at IS NULL AND successor_id IS NULL AND (noticed_days IS NULL OR noticed_days > $1)
          ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED))
       RETURNING id`,
      [days, now, limit],
    )) as [{ id: string }[], number];
    const ids = taken.map(({ id }) => id);
    const keys: ExpiringKey[] = await tx.query(
      `SELECT k.id AS "keyId", account.name AS account, k.name, k.hint, k.expires_at AS "expiresAt",
              u.id AS "userId", u.email, u.locale, u.email_verified AS "emailVerified"
         FROM api_keys k JOIN users u ON u.disabled_at IS NULL AND u.invited_at IS NULL
          AND (u.id = k.user_id OR (k.user_id IS NULL AND u.roles @> ARRAY['admin']))
         LEFT JOIN service_accounts account ON account.id = k.service_account_id
        WHERE k.id = ANY($1)`,
      [ids],
    );
    return { taken: ids.length, keys };
  }

  /** Deletes keys that ended before `before`, a bounded number at a time; returns how many. */
  async purge(before: Date, limit: number): Promise<number> {
    const [, removed]: [unknown, number] = await this.dataSource.query(
      `DELETE FROM api_keys WHERE id = ANY (ARRAY(
         SELECT id FROM api_keys WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [before, limit],
    );
    return removed;
  }
}
