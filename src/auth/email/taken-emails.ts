import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { UsersErrors } from '../../users/users.errors.js';
import { UsersService } from '../../users/users.service.js';
import { EmailReservations } from './email-reservations.js';

/** Records that an account was not created, because its address has an account or is reserved for one. */
@Injectable()
export class TakenEmails {
  constructor(
    private readonly users: UsersService,
    private readonly reservations: EmailReservations,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Call this after the transaction that failed. The event is about the account that has the address, and is erased with it. */
  async record(email: string, origin: Origin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const holder = await this.users.findByEmail(email, tx);
      await this.audit.record(tx, {
        type: 'user_create_fail',
        outcome: 'failure',
        reason: UsersErrors.email_taken.code,
        userId: holder?.id ?? (await this.reservations.keeperOf(tx, email, null)),
        origin,
        details: { account: this.audit.emailDigest(email) },
      });
    });
  }
}
