import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { isProblem, Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import { UsersErrors } from '../../users/users.errors.js';
import { type NewUser, UsersService } from '../../users/users.service.js';
import { EmailProofs } from '../email/email-proofs.js';
import { TakenEmails } from '../email/taken-emails.js';
import { AccountCreation } from '../account-creation.js';

/** Registration whose response reveals whether the address is taken. */
@Injectable()
export class OpenRegistration {
  constructor(
    private readonly users: UsersService,
    private readonly creation: AccountCreation,
    private readonly proofs: EmailProofs,
    private readonly transactions: TransactionRunner,
    private readonly taken: TakenEmails,
  ) {}

  /** Creates an account and sends the verification mail. `hash` computes the password hash. Throws `email_taken`. */
  async register(account: NewUser, hash: () => Promise<string>, origin: Origin): Promise<User> {
    const { email } = account;
    try {
      // Checked before the costly hash; the unique constraint decides between concurrent registrations.
      if (await this.users.isTaken(email)) throw new Problem(UsersErrors.email_taken);
      const passwordHash = await hash();
      return await this.transactions.run(async (tx) => {
        const { id } = await this.creation.create(tx, account, passwordHash, origin);
        // Read again, because setting the password changes the version that the mailed secret is bound to.
        const user = (await this.users.lock(tx, id))!;
        await this.proofs.offer(tx, user);
        return user;
      });
    } catch (error) {
      if (isProblem(error, UsersErrors.email_taken)) await this.taken.record(email, origin);
      throw error;
    }
  }
}
