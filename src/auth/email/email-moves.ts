import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { isProblem, Problem } from '../../platform/errors/problem.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { AccountGuessing } from '../../rate-limit/guessing/account-guessing.js';
import type { User } from '../../users/user.entity.js';
import { UsersErrors } from '../../users/users.errors.js';
import { UsersService } from '../../users/users.service.js';
import type { ProofOfEmail } from './email-link-flow.js';
import { EmailReservations } from './email-reservations.js';

/** Gives accounts the new addresses that their owners have proven. */
@Injectable()
export class EmailMoves {
  constructor(
    private readonly users: UsersService,
    private readonly reservations: EmailReservations,
    private readonly guessing: AccountGuessing,
    private readonly audit: AuditService,
  ) {}

  /**
   * Changes the address of an account, which the caller has locked. If somebody else has the address meanwhile, the proof
   * is invalid: throws `invalid_link` or `invalid_code`.
   */
  async move(tx: Transaction, user: User, email: string, { by }: ProofOfEmail): Promise<User> {
    try {
      const changed = await this.users.changeEmail(tx, user, { email, emailVerified: true });
      await this.reservations.assertFree(tx, email, user.id);
      // Guesses for the address before it was theirs do not count against the owner.
      await this.guessing.unlock(this.audit.emailDigest(email), tx);
      return changed;
    } catch (error) {
      if (isProblem(error, UsersErrors.email_taken))
        throw new Problem(by === 'link' ? SecretsErrors.invalid_link : SecretsErrors.invalid_code);
      throw error;
    }
  }
}
