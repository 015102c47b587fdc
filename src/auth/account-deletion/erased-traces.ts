import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type ErasedPerson, ErasureParticipants } from '../../audit/erasure/erasure-participants.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { AccountGuessing } from '../../rate-limit/guessing/account-guessing.js';
import { SessionTraces } from '../../sessions/session-traces.js';

/** Removes what was written about an account while it was being deleted, by requests that had already begun. */
@Injectable()
export class ErasedTraces implements OnModuleInit {
  constructor(
    private readonly participants: ErasureParticipants,
    private readonly outbox: Outbox,
    private readonly guessing: AccountGuessing,
    private readonly sessions: SessionTraces,
    private readonly transactions: TransactionRunner,
  ) {}

  onModuleInit(): void {
    this.participants.register((person) => this.remove(person));
  }

  private async remove({ userId, accounts }: ErasedPerson): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.outbox.withdraw(tx, `user:${userId}`);
      await this.sessions.remove(tx, userId);
      // If somebody else's account has the address by now, this only resets its count of failed logins.
      for (const account of accounts) await this.guessing.unlock(account, tx);
    });
  }
}
