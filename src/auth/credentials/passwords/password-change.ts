import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../audit/audit.service.js';
import { Clock } from '../../../platform/clock/clock.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import type { Origin } from '../../../platform/http/origin.js';
import { MailNotices } from '../../../platform/mail/mail-notices.js';
import { SingleUseSecrets } from '../../../platform/secrets/single-use-secrets.js';
import { originFacts } from '../../../sessions/mails/origin-facts.js';
import { AccessRevocation, type OwnSession } from '../../../sessions/revocation/access-revocation.js';
import type { User } from '../../../users/user.entity.js';
import { passwordChangedMail } from '../../mails/password-changed.mail.js';
import { PasswordCredentials } from './password-credentials.js';

/** A password that replaces another. */
export interface Replacement {
  /** The hash of the new password. */
  readonly hash: string;
  /** How the owner replaces it: with the old one (`change`) or a link (`reset`). */
  readonly by: 'change' | 'reset';
  /** The session that continues, with its device; all sessions end without it. */
  readonly in?: OwnSession;
}

/** Replaces passwords, with the same consequences however it is done. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly credentials: PasswordCredentials,
    private readonly access: AccessRevocation,
    private readonly secrets: SingleUseSecrets,
    private readonly notices: MailNotices,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores a new password hash of a user whose row the caller has locked. Resets the count of failed logins, deletes the
   * known devices, ends the sessions and the outstanding secrets, and notifies the owner; of changes at an unproven address,
   * three times an hour at most.
   */
  async replace(
    tx: Transaction,
    user: User,
    { hash, by, in: own }: Replacement,
    origin: Origin,
  ): Promise<void> {
    await this.credentials.set(tx, user.id, hash);
    await this.secrets.revokeOutdated(tx, user.id);
    await this.audit.record(tx, {
      type: 'authn_password_change',
      outcome: 'success',
      userId: user.id,
      sessionId: own?.sessionId ?? null,
      origin,
      details: { by },
    });
    if (own) await this.access.endOthers(tx, user, own, 'password_changed', origin);
    else await this.access.endAll(tx, user, by === 'reset' ? 'password_reset' : 'password_changed', origin);
    // A reset that verifies the address revokes the API keys, too: somebody else may have created them.
    const keepsKeys = by === 'change' || user.emailVerified;
    const keys = keepsKeys ? await this.access.countKeys(tx, user) : 0;
    const values = { ...originFacts(origin, this.clock.now()), keys: keys === 0 ? '' : String(keys) };
    // The link of a reset was read in the mailbox or handed over, so the notice is not limited as for an unverified address.
    const { id, email, locale } = user;
    const recipient = { id, email, locale, emailVerified: user.emailVerified || by === 'reset' };
    await this.notices.send(tx, recipient, passwordChangedMail, values);
  }
}
