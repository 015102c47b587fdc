import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { MailBounds } from '../../platform/mail/mail-bounds.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { addressChangeMail } from '../mails/address-change.mail.js';
import { addressChangingMail } from '../mails/address-changing.mail.js';
import { addressTakenMail } from '../mails/address-taken.mail.js';
import { originFacts } from '../../sessions/mails/origin-facts.js';
import { AddressChanges, type PendingChange } from './address-changes.js';
import { AddressMails } from './address-mails.js';
import { AddressReservations } from './address-reservations.js';

/** Where a change of address was asked for. */
export interface ChangeOrigin {
  readonly sessionId: string;
  readonly origin: Origin;
}

/** The mails that a request to change an address causes. */
@Injectable()
export class AddressChangeMails {
  constructor(
    private readonly mails: AddressMails,
    private readonly changes: AddressChanges,
    private readonly reservations: AddressReservations,
    private readonly users: UsersService,
    private readonly bounds: MailBounds,
    private readonly clock: Clock,
  ) {}

  /** Throws `mail_unconfigured` where no mail can be sent. */
  assertConfigured(): void {
    this.mails.assertConfigured();
  }

  /** Writes to the new address and to the present one of an account, whose row the caller has locked. */
  async send(tx: Transaction, user: User, email: string, { sessionId, origin }: ChangeOrigin): Promise<void> {
    await this.tellNew(tx, user, email, sessionId);
    const values = originFacts(origin, this.clock.now());
    await this.mails.send(tx, addressChangingMail, { user, to: user.email, values });
  }

  /**
   * A link to an address that is free, a notice to one that is not. The same statements in both cases: the secret is made
   * for a taken address, too, and nobody gets it.
   */
  private async tellNew(tx: Transaction, user: User, email: string, sessionId: string): Promise<void> {
    const holder = await this.users.findByEmail(email);
    const isKept = await this.reservations.isKept(tx, email, user.id);
    const isFree = holder === null && !isKept;
    if (!(await this.bounds.admit(tx, isFree ? addressChangeMail.kind : addressTakenMail.kind, email)))
      return;
    const payload: PendingChange = { email, askedAtMs: this.clock.nowMs() };
    const values = await this.mails.issueLink(tx, user, {
      purpose: this.changes.purpose,
      to: email,
      context: sessionId,
      payload: { ...payload },
      replaces: true,
    });
    if (isFree) await this.mails.send(tx, addressChangeMail, { user, to: email, values });
    else await this.mails.send(tx, addressTakenMail, { user: holder ?? user, to: email, values: {} });
  }
}
