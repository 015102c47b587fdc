import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { isProblem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { UsersService } from '../../users/users.service.js';
import { AuthErrors } from '../auth.errors.js';
import { EmailProofs } from '../email/email-proofs.js';

/** A sign-in with the address of an account. */
export interface UnverifiedSignIn {
  readonly userId: string;
  /** Keyed digest of the submitted address. */
  readonly emailDigest: string;
}

/** Follows up on logins that are refused because the account's address is not verified. */
@Injectable()
export class UnverifiedSignIns {
  constructor(
    private readonly users: UsersService,
    private readonly proofs: EmailProofs,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Sends the verification mail again and records the refusal. Call this after the transaction of the login was rolled back.
   * Ignores every other error.
   */
  async follow(
    error: unknown,
    { userId, emailDigest: account }: UnverifiedSignIn,
    origin: Origin,
  ): Promise<void> {
    if (!isProblem(error, AuthErrors.email_unverified)) return;
    await this.transactions.run(async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (user) await this.proofs.offer(tx, user);
      await this.audit.record(tx, {
        type: 'authn_login_unverified',
        outcome: 'failure',
        reason: error.row.code,
        userId,
        origin,
        details: { account },
      });
    });
  }
}
