import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import type { ValidSecret } from '../../platform/secrets/secret-use.js';
import { DISOWN_PURPOSE, type NoticedSession } from '../../sessions/devices/new-device-notice.js';
import type { User } from '../../users/user.entity.js';
import { AccountSecrets } from '../account-secrets.js';

/** A session that the owner of its account has disowned. */
export interface DisownedSession extends NoticedSession {
  readonly user: User;
  /** When it began: what was added to the account since has the same time or a later one, at whatever instance. */
  readonly begunAt: Date;
}

/** The links in notices of new devices. */
@Injectable()
export class DisownLinks {
  private readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: AccountSecrets,
  ) {
    this.purpose = purposes.use(DISOWN_PURPOSE);
  }

  /**
   * Spends a link and locks its account; null for any link that is not valid. It is valid only while the account has the address
   * of the notice, because the link to a new password is mailed to the present one.
   */
  async spend(tx: Transaction, token: string): Promise<DisownedSession | null> {
    const spent = await this.secrets.spend(tx, this.purpose, token, { onlyAtAddress: true });
    if (!spent) return null;
    const { user, secret } = spent;
    return { ...noticedBy(secret), user, begunAt: beginningOf(secret) };
  }

  /** Returns when the earliest session began that a living link to `email` is about; null if there is none. */
  async earliestBeginning(tx: Transaction, user: User, email: string): Promise<Date | null> {
    const notices = await this.secrets.mailedTo(tx, user, this.purpose, email);
    const [earliest] = notices.map(beginningOf).toSorted((one, other) => +one - +other);
    return earliest ?? null;
  }
}

const noticedBy = ({ payload }: ValidSecret) => payload as unknown as NoticedSession;

/** The link was issued in the transaction of the login. */
function beginningOf(secret: ValidSecret): Date {
  const { begunAtMs } = noticedBy(secret);
  return begunAtMs === undefined ? secret.issuedAt : new Date(begunAtMs);
}
