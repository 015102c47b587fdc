import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { recordingInvalidSecret } from '../invalid-secret.js';
import { PasswordVoiding } from '../password-reset/password-voiding.js';
import { DisownLinks } from './disown-links.js';
import { DisownedAccess } from './disowned-access.js';

/**
 * Lets the owner of an account end a session that is not theirs, by the link in the notice of a new device, and everything
 * by which whoever had it could come back: with a password, an intruder can add a passkey, which no reset takes away.
 */
@Injectable()
export class SessionDisowning {
  constructor(
    private readonly links: DisownLinks,
    private readonly access: DisownedAccess,
    private readonly passwords: PasswordVoiding,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Throws `invalid_link`, and `mail_unconfigured` where the link to a new password could not be sent. */
  async disown(token: string, origin: Origin): Promise<void> {
    this.passwords.assertPossible();
    const failure = { type: 'session_disown_fail', origin, details: {} } as const;
    await recordingInvalidSecret(this.audit, failure, () =>
      this.transactions.run((tx) => this.endSession(tx, token, origin)),
    );
  }

  private async endSession(tx: Transaction, token: string, origin: Origin): Promise<void> {
    const disowned = await this.links.spend(tx, token);
    if (!disowned || disowned.user.disabledAt !== null) throw new Problem(SecretsErrors.invalid_link);
    const { user, sessionId, deviceId } = disowned;
    const who = { outcome: 'success' as const, userId: user.id, sessionId, origin };
    const recoveryCodes = await this.access.remove(tx, disowned, origin);
    await this.audit.record(tx, { type: 'session_disowned', ...who, details: { deviceId, recoveryCodes } });
    await this.passwords.voidUntilReset(tx, user);
  }
}
