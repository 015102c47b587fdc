import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { MailNotices, type NoticeRecipient } from '../../platform/mail/mail-notices.js';
import { originFacts } from '../../sessions/mails/origin-facts.js';
import { apiKeyCreatedMail } from '../mails/api-key-created.mail.js';
import { apiKeyExpiringMail } from '../mails/api-key-expiring.mail.js';
import { apiKeyLeakedMail } from '../mails/api-key-leaked.mail.js';
import type { ApiKey } from './api-key.entity.js';

/** What people are told of a key. */
export interface NoticedKey extends Pick<ApiKey, 'name' | 'hint' | 'expiresAt'> {
  /** The name of its service account; null for a key of a person. */
  readonly account: string | null;
}

/** Tells people about their API keys. */
@Injectable()
export class KeyNotices {
  constructor(
    private readonly notices: MailNotices,
    private readonly clock: Clock,
  ) {}

  async created(tx: Transaction, user: NoticeRecipient, key: ApiKey, origin: Origin): Promise<void> {
    const values = { ...aboutKey(user, key), ...originFacts(origin, this.clock.now()) };
    await this.notices.send(tx, user, apiKeyCreatedMail, values);
  }

  async expiring(tx: Transaction, user: NoticeRecipient, key: NoticedKey, days: number): Promise<void> {
    const values = { ...accountOf(user, key), ...aboutKey(user, key), days: String(days) };
    await this.notices.send(tx, user, apiKeyExpiringMail, values);
  }

  /** `url` is where the key was found; whoever put it there may have chosen it. */
  async leaked(tx: Transaction, user: NoticeRecipient, key: NoticedKey, url: string): Promise<void> {
    const { name, hint } = aboutKey(user, key);
    const place = user.emailVerified && WEB_ADDRESS.test(url) ? url : '';
    const values = { ...accountOf(user, key), name, hint, place, time: this.clock.now().toISOString() };
    await this.notices.send(tx, user, apiKeyLeakedMail, values);
  }
}

/** Text of others; anything but the address of a web page is left out. */
const WEB_ADDRESS = /^https?:\/\/[\x21-\x7e]{1,500}$/;

const accountOf = ({ emailVerified }: NoticeRecipient, { account }: NoticedKey) => ({
  account: (emailVerified && account) || '',
});

/** A mail to an unproven address shows nothing that its sender chose, or accounts could be made to send spam. */
const aboutKey = (
  { emailVerified }: NoticeRecipient,
  { name, hint, expiresAt }: Pick<ApiKey, 'name' | 'hint' | 'expiresAt'>,
) => ({ name: emailVerified ? name : '', hint: `${hint}…`, expires: expiresAt.toISOString() });
