import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { type NewUser, UsersService } from '../../users/users.service.js';
import { AddressProofs } from '../addresses/address-proofs.js';
import { AccountCreation } from './account-creation.js';
import { TakenNotices } from './taken-notices.js';

/**
 * Registration while `REQUIRE_VERIFIED_EMAIL` is set: the owner of the address learns by mail what came of it, the caller
 * does not. A new address and a taken one cost the same hash, the same statements and one mail each.
 */
@Injectable()
export class SilentRegistration {
  constructor(
    private readonly creation: AccountCreation,
    private readonly proofs: AddressProofs,
    private readonly taken: TakenNotices,
    private readonly users: UsersService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** An account that has the address already stays as it is. */
  async register(account: NewUser, passwordHash: string, origin: Origin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const isNew = await this.creation.createUnlessTaken(tx, account, passwordHash, origin);
      const owner = await this.users.lockByEmail(tx, account.email);
      if (owner === null) return;
      await (isNew ? this.proofs.offer(tx, owner) : this.taken.send(tx, owner));
    });
  }
}
