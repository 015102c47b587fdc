import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { MailLinks } from '../../platform/mail/mail-links.js';
import { MailOutbox } from '../../platform/mail/mail-outbox.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import type { User } from '../../users/user.entity.js';
import { AccountSecrets, type SpentSecret } from '../account-secrets.js';
import { invitationMail } from '../mails/invitation.mail.js';

const LIFETIME_HOURS = 72;

/** Links by which the invited owner of an account accepts it. A newer link takes the place of an older one. */
@Injectable()
export class InvitationLinks {
  private readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: AccountSecrets,
    private readonly links: MailLinks,
    private readonly mails: MailOutbox,
  ) {
    this.purpose = purposes.register('invitation');
  }

  /** Throws `mail_unconfigured` where no invitation could be sent. */
  assertPossible(): void {
    this.mails.assertConfigured();
  }

  /** Mails a link to the address of an invited account. `user` is the account as it is now, locked in this transaction. */
  async send(tx: Transaction, user: User): Promise<void> {
    const { email: to, locale, id } = user;
    const { link, secretId } = await this.create(tx, user);
    await this.mails.send(tx, invitationMail, {
      to,
      locale,
      subject: `user:${id}`,
      values: { link, hours: String(LIFETIME_HOURS) },
      secretId,
    });
  }

  /** Returns a link for an operator to hand over. `user` is as for {@link send}. */
  async issue(tx: Transaction, user: User): Promise<string> {
    return (await this.create(tx, user)).link;
  }

  /** Returns the account that a link is or was for; nothing may be decided by it before the link is spent. */
  async ownerOf(token: string): Promise<User | null> {
    return this.secrets.ownerOf(this.purpose, token);
  }

  /** Spends a link and locks its account; null for any link that is not valid. */
  async spend(tx: Transaction, token: string): Promise<SpentSecret | null> {
    return this.secrets.spend(tx, this.purpose, token);
  }

  private async create(tx: Transaction, user: User): Promise<{ link: string; secretId: string }> {
    const { id: secretId, token } = await this.secrets.issue(tx, user, {
      purpose: this.purpose,
      to: user.email,
      context: null,
      payload: null,
      lifetimeMs: LIFETIME_HOURS * 3_600_000,
      replaces: true,
    });
    return { link: this.links.to('invitation', token), secretId };
  }
}
