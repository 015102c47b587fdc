import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import type { RegisteredPurpose } from './secret-purposes.js';
import type { EmailSubject } from './secrets.repository.js';

/** The SQL statements on single-use secrets that go by the time of issue. Callers have locked the subject, as issuers do. */
@Injectable()
export class SecretTimesRepository {
  /** Returns when the latest of a subject's secrets of a purpose was issued, used or not; null if there is none. */
  async latestIssue(tx: Transaction, subject: string, purpose: RegisteredPurpose): Promise<Date | null> {
    const [row] = await tx.query<[{ latest: Date | null }]>(
      'SELECT max(created_at) AS latest FROM single_use_secrets WHERE subject = $1 AND purpose = $2',
      [subject, purpose],
    );
    return row.latest;
  }

  /**
   * Deletes a subject's secrets of a purpose that were issued at or after `since`, unless they were sent to the address of
   * `kept`.
   */
  async revokeSince(
    tx: Transaction,
    kept: EmailSubject,
    purpose: RegisteredPurpose,
    since: Date,
  ): Promise<void> {
    await tx.query(
      `DELETE FROM single_use_secrets WHERE id IN (
         SELECT id FROM single_use_secrets
         WHERE subject = $1 AND purpose = $2 AND created_at >= $3 AND email_digest IS DISTINCT FROM $4
         ORDER BY id FOR UPDATE)`,
      [kept.subject, purpose, since, kept.emailDigest],
    );
  }
}
