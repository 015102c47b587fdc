import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { MailBounds } from '../../platform/mail/mail-bounds.js';
import { NOBODY } from '../../users/nobody.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { addressChangeMail } from '../mails/address-change.mail.js';
import { addressChangingMail } from '../mails/address-changing.mail.js';
import { addressTakenMail } from '../mails/address-taken.mail.js';
import { originFacts } from '../../sessions/mails/origin-facts.js';
import { EmailChanges, type PendingChange } from './email-changes.js';
import { EmailVerificationMails } from './email-verification-mails.js';
import { EmailReservations } from './email-reservations.js';

/** The id of no secret: mails with one that is not valid are dropped when they would be sent. */
const NO_SECRET = NOBODY;

/** The origin of a request to change an address. */
export interface ChangeOrigin {
  readonly sessionId: string;
  readonly origin: Origin;
}

/** Sends the mails that follow a request to change an address. */
@Injectable()
export class EmailChangeMails {
  constructor(
    private readonly mails: EmailVerificationMails,
    private readonly changes: EmailChanges,
    private readonly reservations: EmailReservations,
    private readonly users: UsersService,
    private readonly bounds: MailBounds,
    private readonly clock: Clock,
  ) {}

  /** Notifies the new address and the current one. The caller must have locked the account's row. */
  async send(tx: Transaction, user: User, email: string, { sessionId, origin }: ChangeOrigin): Promise<void> {
    await this.tellNew(tx, user, email, sessionId);
    const values = originFacts(origin, this.clock.now());
    await this.mails.send(tx, addressChangingMail, { user, to: user.email, values });
  }

  /**
   * Sends a link to an address that is free, and a notice to the owner of one that is taken. Both cases run the same statements:
   * for a taken address a secret is created too, and discarded. Requests of other accounts do not use up the links, or strangers
   * could keep somebody from an address; they do use up the notices, of which those beyond the limit are written and not sent.
   */
  private async tellNew(tx: Transaction, user: User, email: string, sessionId: string): Promise<void> {
    const holder = await this.users.findByEmail(email, tx);
    const keeper = await this.reservations.keeperOf(tx, email, user.id);
    const isFree = holder === null && keeper === null;
    if (!(await this.bounds.admit(tx, addressChangeMail.kind, email, user.id))) return;
    const isTold = await this.bounds.admit(tx, addressTakenMail.kind, email, isFree ? user.id : null);
    const payload: PendingChange = { email, askedAtMs: this.clock.nowMs() };
    const link = await this.mails.issueLink(tx, user, {
      purpose: this.changes.purpose,
      to: email,
      context: sessionId,
      payload: { ...payload },
      replaces: true,
    });
    if (isFree) await this.mails.send(tx, addressChangeMail, { user, to: email, ...link });
    else {
      const unsent = isTold ? {} : { secretId: NO_SECRET };
      await this.mails.send(tx, addressTakenMail, { user: holder ?? user, to: email, values: {}, ...unsent });
    }
  }
}
