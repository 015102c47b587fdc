import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { AuthErrors } from '../auth.errors.js';
import { EmailProofs } from '../email/email-proofs.js';

/** Offers and records what follows from a login that is refused because the account's address is not verified. */
@Injectable()
export class UnverifiedSignIns {
  constructor(
    private readonly users: UsersService,
    private readonly proofs: EmailProofs,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Sends the verification mail again and records the refusal. The caller has locked the account. `emailDigest` is
   * the keyed digest of the submitted address.
   */
  async record(tx: Transaction, user: User, emailDigest: string, origin: Origin): Promise<void> {
    await this.proofs.offer(tx, user);
    await this.recordRefusal(tx, user.id, emailDigest, origin);
  }

  /** Does what {@link record} does in a transaction of its own, for a login whose transaction was rolled back. */
  async recordAlone(userId: string, emailDigest: string, origin: Origin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (user) await this.proofs.offer(tx, user);
      await this.recordRefusal(tx, userId, emailDigest, origin);
    });
  }

  private async recordRefusal(
    tx: Transaction,
    userId: string,
    account: string,
    origin: Origin,
  ): Promise<void> {
    await this.audit.record(tx, {
      type: 'authn_login_unverified',
      outcome: 'failure',
      reason: AuthErrors.email_unverified.code,
      userId,
      origin,
      details: { account },
    });
  }
}
