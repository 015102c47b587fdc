import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Profile } from '../../platform/access/profile.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { AccountGuessing } from '../../rate-limit/guessing/account-guessing.js';
import { profileOf } from '../../users/profile.js';
import { UsersErrors } from '../../users/users.errors.js';
import { UsersRepository } from '../../users/users.repository.js';
import { UsersService } from '../../users/users.service.js';
import { NewPassword } from '../credentials/passwords/new-password.js';

/** A wish for an account whose form has been checked; whether it is granted has not. */
export interface Registration {
  /** In the spelling of `canonicalEmail`. */
  readonly email: string;
  readonly password: string;
  readonly displayName: string | null;
}

/** Opens accounts. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly passwords: NewPassword,
    private readonly users: UsersService,
    private readonly repository: UsersRepository,
    private readonly transactions: TransactionRunner,
    private readonly audit: AuditService,
    private readonly guessing: AccountGuessing,
  ) {}

  /** Throws `validation_failed` for an unfit password, `email_taken`, and `overloaded`. */
  async register({ email, password, displayName }: Registration, origin: Origin): Promise<Profile> {
    const fault = await this.passwords.faultOf(password, email);
    if (fault) {
      throw new Problem(PlatformErrors.validation_failed, {
        errors: [{ pointer: '#/password', detail: fault }],
      });
    }
    try {
      // Asked before the costly hash; the unique constraint decides when two ask at once.
      if (await this.repository.findByEmail(email)) throw new Problem(UsersErrors.email_taken);
      const passwordHash = await this.passwords.hash(password);
      const account = { email, displayName, roles: ['user' as const], passwordHash };
      const created = await this.transactions.run(async (tx) => {
        // What strangers have guessed at while nobody had the address is not held against whoever has it now.
        await this.guessing.unlock(this.audit.emailDigest(email), tx);
        return this.users.create(tx, account, origin);
      });
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
