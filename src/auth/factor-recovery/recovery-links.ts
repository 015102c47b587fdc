import { Injectable } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { MailLinks } from '../../platform/mail/mail-links.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import type { User } from '../../users/user.entity.js';
import { AccountSecrets, type SpentSecret } from '../account-secrets.js';

/** How long the link that removes the factors is valid, milliseconds. */
export const FINISH_MS = 24 * 3_600_000;

/** A link to cancel is deleted with its recovery; this is for one whose last step was late, because no instance ran. */
const LATE_MS = 30 * 24 * 3_600_000;

/**
 * The links in mails about recoveries of lost factors. They replace none, so that each of them works until the recovery
 * is over.
 */
@Injectable()
export class RecoveryLinks {
  private readonly cancelPurpose: RegisteredPurpose;
  private readonly finishPurpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: AccountSecrets,
    private readonly links: MailLinks,
    private readonly environment: Environment,
  ) {
    this.cancelPurpose = purposes.register('recovery_cancel');
    this.finishPurpose = purposes.register('recovery_finish');
  }

  /** Creates a link that cancels. No later change of the account ends it, because it can only protect. */
  async toCancel(tx: Transaction, user: User, lifetimeMs: number): Promise<string> {
    const { token } = await this.secrets.issue(tx, user, {
      purpose: this.cancelPurpose,
      to: user.email,
      outlivesChanges: true,
      context: null,
      payload: null,
      lifetimeMs: Math.max(lifetimeMs, 0) + FINISH_MS + LATE_MS,
      replaces: false,
    });
    return this.links.to('recovery', token);
  }

  /** Creates a link that removes the factors, for the address, the password and the factors that the account has now. */
  async toFinish(
    tx: Transaction,
    user: User,
    lifetimeMs: number,
  ): Promise<{ link: string; secretId: string }> {
    const { id: secretId, token } = await this.secrets.issue(tx, user, {
      purpose: this.finishPurpose,
      to: user.email,
      context: null,
      payload: null,
      lifetimeMs,
      replaces: false,
    });
    return { link: this.links.to('recoveryFinish', token), secretId };
  }

  /** Spends a link that cancels and locks its account; null for any link that is not valid. */
  async spendCancel(tx: Transaction, token: string): Promise<SpentSecret | null> {
    return this.secrets.spend(tx, this.cancelPurpose, token);
  }

  /**
   * Spends a link that removes the factors and locks its account; null for any link that is not valid, and for all of them while
   * recoveries are switched off.
   */
  async spendFinish(tx: Transaction, token: string): Promise<SpentSecret | null> {
    if (this.environment.FACTOR_RECOVERY_HOURS === 0) return null;
    return this.secrets.spend(tx, this.finishPurpose, token);
  }
}
