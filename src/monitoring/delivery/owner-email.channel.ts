import { Injectable } from '@nestjs/common';
import { Mailer } from '../../platform/mail/mailer.js';
import { UsersService } from '../../users/users.service.js';
import type { AlertChange } from '../alerts/alert-change.js';
import { ownerMail } from './alert-mail.js';
import type { DeliveryChannel, Message } from './delivery-channel.js';

/**
 * Tells the owner of an account what happened on it, every time and not only when the alert opens: the second new
 * device may be the stranger's. The address is looked up when the mail is sent, so that no table here holds it.
 */
@Injectable()
export class OwnerEmailChannel implements DeliveryChannel {
  readonly name = 'owner_email';
  readonly standsAlone = false;

  constructor(
    private readonly mailer: Mailer,
    private readonly users: UsersService,
  ) {}

  wants({ finding }: AlertChange): boolean {
    return finding.kind.tellsOwner === true && this.mailer.configured;
  }

  async deliver({ deliveryId, alert }: Message): Promise<void> {
    const userId = alert.evidence.userIds?.[0];
    const owner = userId === undefined ? null : await this.users.findById(userId);
    if (!owner) return;
    await this.mailer.send({ id: deliveryId, to: owner.email, ...ownerMail(alert, owner.displayName) });
  }
}
