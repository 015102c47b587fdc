import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Locale } from '../../platform/access/locale.js';
import type { Profile } from '../../platform/access/profile.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { profileOf } from '../../users/profile.js';
import { UsersErrors } from '../../users/users.errors.js';
import { UsersService } from '../../users/users.service.js';
import { NewPassword } from '../credentials/passwords/new-password.js';
import { AccountCreation } from './account-creation.js';

/** A validated registration request. */
export interface Registration {
  /** Normalised by `canonicalEmail`. */
  readonly email: string;
  readonly password: string;
  readonly displayName: string | null;
  readonly locale: Locale;
}

/** Creates accounts at the request of their owners. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly passwords: NewPassword,
    private readonly users: UsersService,
    private readonly creation: AccountCreation,
    private readonly transactions: TransactionRunner,
    private readonly audit: AuditService,
  ) {}

  /** Throws `validation_failed` for an unacceptable password, `email_taken` or `overloaded`. */
  async register({ email, password, displayName, locale }: Registration, origin: Origin): Promise<Profile> {
    const fault = await this.passwords.faultOf(password, email);
    if (fault) {
      throw new Problem(PlatformErrors.validation_failed, {
        errors: [{ pointer: '#/password', detail: fault }],
      });
    }
    try {
      // Checked before the costly hash; the unique constraint decides between concurrent registrations.
      if (await this.users.isTaken(email)) throw new Problem(UsersErrors.email_taken);
      const passwordHash = await this.passwords.hash(password);
      const account = { email, displayName, locale, roles: ['user' as const] };
      const created = await this.transactions.run((tx) =>
        this.creation.create(tx, account, passwordHash, origin),
      );
      return profileOf(created);
    } catch (error) {
      if (error instanceof Problem && error.row === UsersErrors.email_taken)
        await this.recordTaken(email, origin);
      throw error;
    }
  }

  private async recordTaken(email: string, origin: Origin): Promise<void> {
    await this.audit.recordAlone({
      type: 'user_create_fail',
      outcome: 'failure',
      reason: 'email_taken',
      origin,
      details: { account: this.audit.emailDigest(email) },
    });
  }
}
