import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { MailBounds } from '../../platform/mail/mail-bounds.js';
import { SecretPurposes, type RegisteredPurpose } from '../../platform/secrets/secret-purposes.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import type { SpentSecret } from '../account-secrets.js';
import { verificationMail } from '../mails/verification.mail.js';
import type { EmailLinkFlow, ProofOfEmail } from './email-link-flow.js';
import { EmailVerificationMails } from './email-verification-mails.js';

/** Verifies that the address of an account belongs to its owner. */
@Injectable()
export class EmailProofs implements EmailLinkFlow {
  readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: SingleUseSecrets,
    private readonly mails: EmailVerificationMails,
    private readonly bounds: MailBounds,
    private readonly users: UsersService,
    private readonly audit: AuditService,
  ) {
    this.purpose = purposes.register('email_verification');
  }

  /**
   * Sends the verification mail after a registration or a refused login, at most three times an hour. Does nothing if mail
   * is not configured. The caller must have locked the account.
   */
  async offer(tx: Transaction, user: User): Promise<void> {
    if (!this.mails.configured || user.emailVerified) return;
    if (await this.bounds.admit(tx, verificationMail.kind, user.email)) await this.send(tx, user, null);
  }

  /** Sends the verification mail on request; `sessionId` is the account's session that requested it, or null. */
  async send(tx: Transaction, user: User, sessionId: string | null): Promise<void> {
    const link = await this.mails.issueLink(tx, user, {
      purpose: this.purpose,
      to: user.email,
      context: sessionId,
      payload: null,
      replaces: false,
    });
    await this.mails.send(tx, verificationMail, { user, to: user.email, ...link });
  }

  async complete(tx: Transaction, { user }: SpentSecret, proof: ProofOfEmail): Promise<User> {
    await this.secrets.revokeAll(tx, user.id, [this.purpose]);
    const { by, session, origin } = proof;
    const event = {
      outcome: 'success' as const,
      userId: user.id,
      sessionId: session?.sessionId ?? null,
      origin,
    };
    await this.audit.record(tx, { type: 'user_email_verified', ...event, details: { by } });
    return this.users.proveEmail(tx, user);
  }
}
