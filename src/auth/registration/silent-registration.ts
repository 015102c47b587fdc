import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { NewUser } from '../../users/users.service.js';
import { EmailProofs } from '../email/email-proofs.js';
import { AccountCreation } from '../account-creation.js';
import { TakenNotices } from './taken-notices.js';

/**
 * Registration with `REQUIRE_VERIFIED_EMAIL`: only a mail to the address reveals whether it had an account already. New and
 * taken addresses cost the same hash, the same statements and one mail.
 */
@Injectable()
export class SilentRegistration {
  constructor(
    private readonly creation: AccountCreation,
    private readonly proofs: EmailProofs,
    private readonly taken: TakenNotices,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Creates an account, or notifies the owner of an existing one, which does not change. */
  async register(account: NewUser, passwordHash: string, origin: Origin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const { isNew, owner } = await this.creation.createUnlessTaken(tx, account, passwordHash, origin);
      if (owner === null) return;
      await (isNew ? this.proofs.offer(tx, owner) : this.taken.send(tx, owner));
    });
  }
}
