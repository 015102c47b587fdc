import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { DISOWN_PURPOSE, type NoticedSession } from '../../sessions/devices/new-device-notice.js';
import { AccessRevocation } from '../../sessions/revocation/access-revocation.js';
import { AccountSecrets } from '../account-secrets.js';
import { recordingInvalidLink } from '../invalid-link.js';
import { PasswordVoiding } from '../password-reset/password-voiding.js';

/**
 * Lets the owner of an account end a session that is not theirs, by the link in the notice of a new device, and with it the
 * later sessions on that device, about which there was no notice.
 */
@Injectable()
export class SessionDisowning {
  private readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: AccountSecrets,
    private readonly access: AccessRevocation,
    private readonly passwords: PasswordVoiding,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {
    this.purpose = purposes.use(DISOWN_PURPOSE);
  }

  /** Throws `invalid_link`, and `mail_unconfigured` where the link to a new password could not be sent. */
  async disown(token: string, origin: Origin): Promise<void> {
    this.passwords.assertPossible();
    const failure = { type: 'session_disown_fail', origin, details: {} } as const;
    await recordingInvalidLink(this.audit, failure, () =>
      this.transactions.run((tx) => this.endSession(tx, token, origin)),
    );
  }

  private async endSession(tx: Transaction, token: string, origin: Origin): Promise<void> {
    const spent = await this.secrets.spend(tx, this.purpose, token);
    if (!spent || spent.user.disabledAt !== null) throw new Problem(SecretsErrors.invalid_link);
    const { user } = spent;
    const { sessionId, deviceId } = spent.secret.payload as unknown as NoticedSession;
    const who = { outcome: 'success' as const, userId: user.id, sessionId, origin };
    await this.audit.record(tx, { type: 'session_disowned', ...who, details: { deviceId } });
    await this.access.endDevice(tx, user, deviceId, 'disowned', origin);
    await this.passwords.voidUntilReset(tx, user);
  }
}
