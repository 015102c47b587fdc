import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import type { Origin } from '../../platform/http/origin.js';
import { MailOutbox } from '../../platform/mail/mail-outbox.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { CallerAccount } from '../../sessions/own-sessions/caller-account.js';
import { EmailChanges } from './email-changes.js';
import { EmailChangeMails } from './email-change-mails.js';

/** Handles requests to change the address of an account. */
@Injectable()
export class EmailChangeRequests {
  constructor(
    private readonly account: CallerAccount,
    private readonly outbox: MailOutbox,
    private readonly mails: EmailChangeMails,
    private readonly changes: EmailChanges,
    private readonly secrets: SingleUseSecrets,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends a verification link to the new address and a notice to the current one. Every request ends a pending change, also one
   * for the current address and one that is too many for the mailbox. The caller cannot tell whether the new address is taken.
   * Throws `mail_unconfigured`, `insufficient_user_authentication` and `session_ended`.
   */
  async request(principal: SessionPrincipal, email: string, origin: Origin): Promise<void> {
    this.outbox.assertConfigured();
    await this.account.lockedIfRecent(principal, async (tx, user) => {
      const event = {
        outcome: 'success' as const,
        userId: user.id,
        sessionId: principal.sessionId,
        origin,
        details: {},
      };
      const ended = await this.secrets.revokeAll(tx, user.id, [this.changes.purpose]);
      if (email === user.email) {
        if (ended > 0) await this.audit.record(tx, { type: 'user_email_change_canceled', ...event });
        return;
      }
      await this.audit.record(tx, { type: 'user_email_change_requested', ...event });
      await this.mails.send(tx, user, email, { sessionId: principal.sessionId, origin });
    });
  }
}
