import { Injectable } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { MailLinks } from '../../platform/mail/mail-links.js';
import { MailOutbox } from '../../platform/mail/mail-outbox.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import type { User } from '../../users/user.entity.js';
import { type AccountSecret, AccountSecrets, type SpentSecret } from '../account-secrets.js';
import { passwordResetMail } from '../mails/password-reset.mail.js';

/** A spent link to a new password. */
export interface SpentReset extends SpentSecret {
  /** Whether the link was mailed to the address of the account, so that its use verifies the address. */
  readonly wasMailed: boolean;
}

/** A link for a mail, and the id of its secret. */
interface IssuedLink {
  readonly link: string;
  readonly secretId: string;
}

/** The payload of a link that an operator hands over. */
const HANDED_OVER = { handedOver: true };

/** Makes links by which the owner of an account sets a new password. */
@Injectable()
export class ResetLinks {
  private readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly environment: Environment,
    private readonly secrets: AccountSecrets,
    private readonly links: MailLinks,
    private readonly mails: MailOutbox,
  ) {
    this.purpose = purposes.register('password_reset');
  }

  /** Throws `mail_unconfigured` where no link could be sent. */
  assertPossible(): void {
    this.mails.assertConfigured();
  }

  /**
   * Mails a link to the address of an account; it takes the place of an unused one. `user` is the account as it is now,
   * locked in this transaction.
   */
  async send(tx: Transaction, user: User): Promise<void> {
    const { email: to, locale, id } = user;
    const { link, secretId } = await this.issue(tx, user, { replaces: true });
    const values = { link, minutes: String(this.environment.PASSWORD_RESET_EXPIRE_MINUTES) };
    await this.mails.send(tx, passwordResetMail, { to, locale, subject: `user:${id}`, values, secretId });
  }

  /**
   * Creates a link for another mail than the reset mail. A link that the owner has not requested should not replace one that
   * they have. `user` is as for {@link send}.
   */
  async issue(tx: Transaction, user: User, { replaces }: { replaces: boolean }): Promise<IssuedLink> {
    return this.create(tx, user, { replaces, payload: null });
  }

  /** Creates a link to be handed over by an operator; it takes the place of an unused one. `user` is as for {@link send}. */
  async issueByHand(tx: Transaction, user: User): Promise<string> {
    return (await this.create(tx, user, { replaces: true, payload: HANDED_OVER })).link;
  }

  /** Returns the account that a link is or was for; nothing may be decided by it before the link is spent. */
  async ownerOf(token: string): Promise<User | null> {
    return this.secrets.ownerOf(this.purpose, token);
  }

  /** Spends a link and locks its account; null for any link that is not valid. */
  async spend(tx: Transaction, token: string): Promise<SpentReset | null> {
    const spent = await this.secrets.spend(tx, this.purpose, token);
    return spent && { ...spent, wasMailed: spent.secret.payload === null };
  }

  private async create(
    tx: Transaction,
    user: User,
    secret: Pick<AccountSecret, 'replaces' | 'payload'>,
  ): Promise<IssuedLink> {
    const { id: secretId, token } = await this.secrets.issue(tx, user, {
      ...secret,
      purpose: this.purpose,
      to: user.email,
      context: null,
      lifetimeMs: this.environment.PASSWORD_RESET_EXPIRE_MINUTES * 60_000,
    });
    return { link: this.links.to('reset', token), secretId };
  }
}
