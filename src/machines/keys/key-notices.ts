import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { MailOutbox } from '../../platform/mail/mail-outbox.js';
import { originFacts } from '../../sessions/mails/origin-facts.js';
import type { User } from '../../users/user.entity.js';
import { apiKeyCreatedMail } from '../mails/api-key-created.mail.js';
import { apiKeyExpiringMail } from '../mails/api-key-expiring.mail.js';
import { apiKeyLeakedMail } from '../mails/api-key-leaked.mail.js';
import type { ApiKey } from './api-key.entity.js';

/** Who is told about a key, in their language. */
export type Recipient = Pick<User, 'id' | 'email' | 'locale' | 'emailVerified'>;

/** Tells people about their API keys. */
@Injectable()
export class KeyNotices {
  constructor(
    private readonly mails: MailOutbox,
    private readonly clock: Clock,
  ) {}

  async created(tx: Transaction, user: Recipient, key: ApiKey, origin: Origin): Promise<void> {
    const values = { ...aboutKey(user, key), ...originFacts(origin, this.clock.now()) };
    await this.mails.send(tx, apiKeyCreatedMail, { ...addressOf(user), values });
  }

  async expiring(
    tx: Transaction,
    user: Recipient,
    key: Pick<ApiKey, 'name' | 'hint' | 'expiresAt'>,
    days: number,
  ): Promise<void> {
    const values = { ...aboutKey(user, key), days: String(days) };
    await this.mails.send(tx, apiKeyExpiringMail, { ...addressOf(user), values });
  }

  /** `url` is where the key was found; whoever put it there may have chosen it. */
  async leaked(
    tx: Transaction,
    user: Recipient,
    key: Pick<ApiKey, 'name' | 'hint' | 'expiresAt'>,
    url: string,
  ): Promise<void> {
    const { name, hint } = aboutKey(user, key);
    const place = user.emailVerified && WEB_ADDRESS.test(url) ? url : '';
    const values = { name, hint, place, time: this.clock.now().toISOString() };
    await this.mails.send(tx, apiKeyLeakedMail, { ...addressOf(user), values });
  }
}

/** Text of others; anything but the address of a web page is left out. */
const WEB_ADDRESS = /^https?:\/\/[\x21-\x7e]{1,500}$/;

/** A mail to an unproven address shows nothing that its sender chose, or accounts could be made to send spam. */
const aboutKey = (
  { emailVerified }: Recipient,
  { name, hint, expiresAt }: Pick<ApiKey, 'name' | 'hint' | 'expiresAt'>,
) => ({ name: emailVerified ? name : '', hint: `${hint}…`, expires: expiresAt.toISOString() });

const addressOf = ({ id, email: to, locale }: Recipient) => ({ to, locale, subject: `user:${id}` });
