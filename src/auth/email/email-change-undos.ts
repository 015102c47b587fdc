import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { MailLinks } from '../../platform/mail/mail-links.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import { afterLatest, beforeAnyClock, notBeforeLogin } from '../../users/login-order.js';
import type { User } from '../../users/user.entity.js';
import { AccountSecrets, type SpentSecret } from '../account-secrets.js';
import { DisownLinks } from '../disowning/disown-links.js';
import { addressChangedMail } from '../mails/address-changed.mail.js';
import { originFacts } from '../../sessions/mails/origin-facts.js';
import { EmailVerificationMails } from './email-verification-mails.js';

const UNDO_MS = 7 * 24 * 3_600_000;

/** The payload of an undo link: the address before the change. */
interface FormerEmail {
  readonly email: string;
  /** If false, the link was mailed to nobody: its row only marks the address as a former one of the account. */
  readonly emailVerified: boolean;
  /** When the change was requested, milliseconds since the Unix epoch. */
  readonly askedAtMs: number;
  /** Since when somebody else may have had the account; absent in old links, where it is `askedAtMs`. */
  readonly sinceMs?: number;
}

/** What an undo restores, and when the change was requested. */
export type UndoneChange = Omit<FormerEmail, 'sinceMs'>;

/** A spent undo link. */
export interface SpentUndo extends SpentSecret {
  readonly former: FormerEmail;
}

/** Links that undo a change of address. Later changes of the account do not invalidate them. */
@Injectable()
export class EmailChangeUndos {
  private readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: AccountSecrets,
    private readonly notices: DisownLinks,
    private readonly links: MailLinks,
    private readonly mails: EmailVerificationMails,
    private readonly clock: Clock,
  ) {
    this.purpose = purposes.register('email_undo');
  }

  /**
   * Notifies the former address of the change, with an undo link, if it was verified: another may be a stranger's, mistyped at
   * registration, and an undo gives the account to whoever reads its mail. An owner who did not request the change did not make
   * the earlier logins that a valid notice reports either: an intruder adds a passkey before the request.
   */
  async offer(tx: Transaction, user: User, former: UndoneChange, origin: Origin): Promise<void> {
    const noticed = await this.notices.earliestBeginning(tx, user, former.email);
    const requestedAt = beforeAnyClock(new Date(former.askedAtMs));
    const sinceMs = Math.min(requestedAt.getTime(), noticed?.getTime() ?? Infinity);
    const { token } = await this.secrets.issue(tx, user, {
      purpose: this.purpose,
      to: former.email,
      outlivesChanges: true,
      context: null,
      payload: { ...former, sinceMs },
      lifetimeMs: UNDO_MS,
      issuedAt: await this.nextTime(tx, user),
      replaces: false,
    });
    if (!former.emailVerified) return;
    const values = { link: this.links.to('undo', token), ...originFacts(origin, this.clock.now()) };
    await this.mails.send(tx, addressChangedMail, { user, to: former.email, values });
  }

  /**
   * Returns whether a locked account has got an address back that it left within the time for an undo. If so, the undo links of
   * the changes since then become invalid, as after an undo, but not those mailed to the address itself.
   */
  async takeBack(tx: Transaction, user: User): Promise<boolean> {
    const links = await this.secrets.mailedTo(tx, user, this.purpose, user.email);
    const [earliest] = links.map(({ issuedAt }) => issuedAt).toSorted((one, other) => +one - +other);
    if (!earliest) return false;
    await this.secrets.revokeSince(tx, user, this.purpose, earliest);
    return true;
  }

  /**
   * Notifies the address that an account had before it got a former one back. Where and with what that was done is not said,
   * because it was usually the owner who did it, and the address somebody else's.
   */
  async tellLeft(tx: Transaction, user: User, left: string): Promise<void> {
    const values = { link: '', time: this.clock.now().toISOString(), address: '', device: '' };
    await this.mails.send(tx, addressChangedMail, { user, to: left, values });
  }

  /**
   * Spends a link and locks its account; returns null if the link is not valid. The previous version mailed links to addresses
   * that were not verified, too; these are not valid.
   */
  async spend(tx: Transaction, token: string): Promise<SpentUndo | null> {
    const spent = await this.secrets.spend(tx, this.purpose, token);
    const former = spent?.secret.payload as FormerEmail | undefined;
    return spent && former?.emailVerified ? { ...spent, former } : null;
  }

  /**
   * The use of a link invalidates later ones, and a disowned session those since it began, so the times must be in the real
   * order, whichever instances issued them.
   */
  private async nextTime(tx: Transaction, user: User): Promise<Date> {
    const latest = await this.secrets.latestIssue(tx, user, this.purpose);
    return afterLatest(latest, notBeforeLogin(user.lastLoginAt, this.clock.now()));
  }
}
