import { Inject, Injectable } from '@nestjs/common';
import { MailTemplates } from '../../platform/mail/mail-templates.js';
import { Mailer } from '../../platform/mail/mailer.js';
import { SUPPRESSED } from '../../platform/outbox/outbox-channel.js';
import { UsersService } from '../../users/users.service.js';
import type { AlertChange } from '../alerts/alert-change.js';
import { ALERT_KINDS, type AlertKind } from '../alerts/alert-kind.js';
import { subjectOfAlert } from '../alerts/alert-dispatch.js';
import type { DeliveryChannel, Message } from '../alerts/delivery-channel.js';
import { ownerMail } from '../mails/alert-mails.js';
import { OwnerMailBound } from './owner-mail-bound.js';

/**
 * Notifies the owner of an account of each occurrence, not only when the alert opens, because the second new device
 * may be the attacker's. Sends at most three mails an hour. The address is looked up when the mail is sent, so that
 * no table of this module stores it. The mail contains no user-supplied text, because the address may belong to
 * somebody else.
 */
@Injectable()
export class OwnerEmailChannel implements DeliveryChannel {
  readonly name = 'owner_email';
  readonly standsAlone = false;

  constructor(
    private readonly mailer: Mailer,
    private readonly templates: MailTemplates,
    private readonly users: UsersService,
    private readonly bound: OwnerMailBound,
    @Inject(ALERT_KINDS) private readonly kinds: readonly AlertKind[],
  ) {}

  wants({ finding }: AlertChange): boolean {
    return finding.kind.toOwner !== undefined && this.mailer.configured;
  }

  async deliver({ deliveryId, alert, signal }: Message): Promise<void | typeof SUPPRESSED> {
    const userId = alert.evidence.userIds?.[0];
    const owner = userId === undefined ? null : await this.users.findById(userId);
    const words = this.kinds.find(({ name }) => name === alert.rule)?.toOwner;
    if (!owner || !words) return SUPPRESSED;
    const message = { id: deliveryId, subject: subjectOfAlert(alert.id), channel: this.name };
    if (!(await this.bound.admits(message))) return SUPPRESSED;
    const mail = ownerMail(this.templates, alert, words[owner.locale], owner.locale);
    await this.mailer.send({ id: deliveryId, to: owner.email, ...mail, link: null, code: null }, signal);
  }
}
