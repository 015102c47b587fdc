import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import type { Origin } from '../../../platform/http/origin.js';
import { MailNotices } from '../../../platform/mail/mail-notices.js';
import { originFacts } from '../../../sessions/mails/origin-facts.js';
import type { User } from '../../../users/user.entity.js';
import { factorAddedMail } from '../../mails/factor-added.mail.js';
import { factorRemovedMail } from '../../mails/factor-removed.mail.js';
import { recoveryCodeUsedMail } from '../../mails/recovery-code-used.mail.js';
import { recoveryCodesRenewedMail } from '../../mails/recovery-codes-renewed.mail.js';

/** Tells owners about changes of their factors (ASVS 6.3.7). */
@Injectable()
export class FactorNotices {
  constructor(
    private readonly notices: MailNotices,
    private readonly clock: Clock,
  ) {}

  async added(tx: Transaction, user: User, name: string, origin: Origin): Promise<void> {
    const values = { factor: shown(user, name), ...originFacts(origin, this.clock.now()) };
    await this.notices.send(tx, user, factorAddedMail, values);
  }

  async removed(tx: Transaction, user: User, name: string, origin: Origin): Promise<void> {
    const values = { factor: shown(user, name), ...originFacts(origin, this.clock.now()) };
    await this.notices.send(tx, user, factorRemovedMail, values);
  }

  async recoveryCodeUsed(tx: Transaction, user: User, left: number, origin: Origin): Promise<void> {
    const values = { left: String(left), ...originFacts(origin, this.clock.now()) };
    await this.notices.send(tx, user, recoveryCodeUsedMail, values);
  }

  async recoveryCodesRenewed(tx: Transaction, user: User, origin: Origin): Promise<void> {
    await this.notices.send(tx, user, recoveryCodesRenewedMail, originFacts(origin, this.clock.now()));
  }
}

/** A mail to an unproven address shows nothing that its sender chose, or accounts could be made to send spam. */
const shown = ({ emailVerified }: User, name: string) => (emailVerified ? name : '');
