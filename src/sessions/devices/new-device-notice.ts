import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { MailLinks } from '../../platform/mail/mail-links.js';
import { MailOutbox } from '../../platform/mail/mail-outbox.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import type { User } from '../../users/user.entity.js';
import { newDeviceMail } from '../mails/new-device.mail.js';
import { originFacts } from '../mails/origin-facts.js';
import type { Session } from '../session.entity.js';

/** The purpose of the link in the notice; whoever lets the owner use it names it. */
export const DISOWN_PURPOSE = 'session_disown';

/** What the link carries: the session that the notice is about, and its device. */
export interface NoticedSession {
  readonly sessionId: string;
  readonly deviceId: string;
  /** When it began, milliseconds since the Unix epoch; absent in links of the previous version. */
  readonly begunAtMs?: number;
}

const LINK_MS = 7 * 24 * 3_600_000;

/** Tells the owner of an account that a device signed in on which the account had not been used. */
@Injectable()
export class NewDeviceNotice {
  private readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: SingleUseSecrets,
    private readonly links: MailLinks,
    private readonly mails: MailOutbox,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {
    this.purpose = purposes.register(DISOWN_PURPOSE);
  }

  /**
   * Mails the notice in the transaction of the login, in which the caller has locked the account. Its link ends the
   * session, for 7 days while the account has this address, whatever else happens to it. Each session has its own link. Nothing
   * that an intruder can do invalidates the link, which can only protect the account. Neither does a reset, because it leaves
   * the intruder's passkey in place.
   */
  async send(
    tx: Transaction,
    user: User,
    { id, deviceId, createdAt }: Session,
    origin: Origin,
  ): Promise<void> {
    if (!this.mails.configured) return;
    const noticed: NoticedSession = { sessionId: id, deviceId, begunAtMs: createdAt.getTime() };
    const { token } = await this.secrets.issue(tx, {
      purpose: this.purpose,
      subject: user.id,
      emailDigest: this.audit.emailDigest(user.email),
      fingerprint: null,
      context: null,
      payload: { ...noticed },
      lifetimeMs: LINK_MS,
      replaces: false,
    });
    const { email: to, locale } = user;
    const values = { link: this.links.to('device', token), ...originFacts(origin, this.clock.now()) };
    await this.mails.send(tx, newDeviceMail, { to, locale, subject: `user:${user.id}`, values });
  }
}
