import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../audit/audit.service.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import type { Origin } from '../../../platform/http/origin.js';
import { AccountGuessing } from '../../../rate-limit/guessing/account-guessing.js';
import { SessionDevices } from '../../../sessions/devices/session-devices.js';
import { SessionRevocation } from '../../../sessions/revocation/session-revocation.js';
import type { User } from '../../../users/user.entity.js';
import { PasswordCredentials } from './password-credentials.js';

/** Replaces passwords, with the same consequences regardless of who does so and why. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly credentials: PasswordCredentials,
    private readonly devices: SessionDevices,
    private readonly guessing: AccountGuessing,
    private readonly revocation: SessionRevocation,
    private readonly audit: AuditService,
  ) {}

  /**
   * Stores a new password hash of a user whose row the caller has locked. Resets the count of failed logins, deletes
   * the known devices and ends every session.
   */
  async replace(tx: Transaction, user: User, hash: string, origin: Origin): Promise<void> {
    await this.credentials.set(tx, user.id, hash);
    await this.devices.forgetAll(tx, user.id);
    await this.guessing.unlock(this.audit.emailDigest(user.email), tx);
    await this.audit.record(tx, {
      type: 'authn_password_change',
      outcome: 'success',
      userId: user.id,
      origin,
      details: {},
    });
    await this.revocation.endAllOfUser(tx, user.id, 'password_changed', origin);
  }
}
