import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { NoticeRecipient } from '../../platform/mail/mail-notices.js';

const COLUMNS = 'id, email, locale, email_verified AS "emailVerified"';

/** SQL of whom to tell about a leaked key. */
@Injectable()
export class LeakRecipientsRepository {
  /** Returns the account of a person, and locks its row until the transaction ends; an empty list if it is gone. */
  async owner(tx: Transaction, userId: string): Promise<NoticeRecipient[]> {
    return tx.query<NoticeRecipient[]>(`SELECT ${COLUMNS} FROM users WHERE id = $1 FOR UPDATE`, [userId]);
  }

  /** Returns the name of a service account; null if there is none. */
  async nameOf(tx: Transaction, serviceAccountId: string | null): Promise<string | null> {
    const text = 'SELECT name FROM service_accounts WHERE id = $1';
    const [row] = await tx.query<{ name: string }[]>(text, [serviceAccountId]);
    return row?.name ?? null;
  }

  /** Returns the administrators who can sign in. */
  async administrators(tx: Transaction): Promise<NoticeRecipient[]> {
    return tx.query<NoticeRecipient[]>(
      `SELECT ${COLUMNS} FROM users WHERE roles @> ARRAY['admin'] AND disabled_at IS NULL AND invited_at IS NULL`,
    );
  }
}
