import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { MailBounds } from '../../platform/mail/mail-bounds.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { AccountGuessing } from '../../rate-limit/guessing/account-guessing.js';
import { SessionTraces } from '../../sessions/session-traces.js';
import type { User } from '../../users/user.entity.js';

/**
 * Removes what is stored about an account outside its own row and the rows that refer to it: links and codes, mails that
 * are not sent yet, counts under digests of its address, and where its sessions came from.
 */
@Injectable()
export class AccountTraces {
  constructor(
    private readonly secrets: SingleUseSecrets,
    private readonly outbox: Outbox,
    private readonly sessions: SessionTraces,
    private readonly guessing: AccountGuessing,
    private readonly bounds: MailBounds,
    private readonly audit: AuditService,
  ) {}

  /**
   * Works in the transaction that deletes the account, which has ended its sessions. The counts of mails to an unproven address,
   * which may be a stranger's, remain under keyed digests until they expire, an hour after the last mail: accounts that are
   * created and deleted must not lift the limit.
   */
  async remove(tx: Transaction, { id, email, emailVerified }: User): Promise<void> {
    await this.secrets.revokeAll(tx, id);
    await this.outbox.withdraw(tx, `user:${id}`);
    await this.sessions.remove(tx, id);
    await this.guessing.unlock(this.audit.emailDigest(email), tx);
    if (emailVerified) await this.bounds.forget(tx, email);
  }
}
