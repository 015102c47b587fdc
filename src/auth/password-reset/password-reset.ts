import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { profileOf } from '../../users/profile.js';
import { ProfileChanges } from '../../users/profile-changes.js';
import { NewPassword } from '../credentials/passwords/new-password.js';
import { recordingInvalidSecret } from '../invalid-secret.js';
import { ResetCompletion } from './reset-completion.js';
import { ResetLinks } from './reset-links.js';

/** Sets new passwords for people who have a link from a mail to the address of their account. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly links: ResetLinks,
    private readonly passwords: NewPassword,
    private readonly completion: ResetCompletion,
    private readonly changes: ProfileChanges,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Throws `invalid_link`, `validation_failed` for a password that is not acceptable, and `overloaded`; none of them spends
   * the link. The hash is computed for any link, so that one that is not valid takes the same time.
   */
  async reset(token: string, password: string, origin: Origin): Promise<void> {
    await this.passwords.assertRoom();
    const owner = await this.links.ownerOf(token);
    await this.passwords.assertAcceptable(password, owner?.email ?? '', '#/newPassword');
    const hash = await this.passwords.hash(password);
    const failure = { type: 'authn_password_change_fail', origin, details: { by: 'reset' } } as const;
    await recordingInvalidSecret(this.audit, failure, async () => {
      const user = await this.transactions.run(async (tx) => {
        const completed = await this.completion.complete(tx, token, hash, origin);
        if (!completed) throw new Problem(SecretsErrors.invalid_link);
        return completed;
      });
      await this.changes.announce(profileOf(user));
    });
  }
}
