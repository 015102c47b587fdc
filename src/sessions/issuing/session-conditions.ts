import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { User } from '../../users/user.entity.js';
import type { Proof } from '../proofs.js';

/**
 * A condition that an account must meet before a session is issued, such as a verified address or a required second
 * factor. Checked under the lock of the account. Returns the problem to respond with, or null if the condition is met.
 */
export type SessionCondition = (
  tx: Transaction,
  user: User,
  proofs: readonly Proof[],
) => Promise<Problem | null>;

/**
 * Additional conditions for issuing a session. The module that defines a condition registers it at startup; the issuer
 * checks all of them, in order of registration, on every path.
 */
@Injectable()
export class SessionConditions {
  private readonly conditions: SessionCondition[] = [];

  register(condition: SessionCondition): void {
    this.conditions.push(condition);
  }

  /** Throws the problem of the first condition that is not met. */
  async assertMet(tx: Transaction, user: User, proofs: readonly Proof[]): Promise<void> {
    for (const condition of this.conditions) {
      const problem = await condition(tx, user, proofs);
      if (problem) throw problem;
    }
  }
}
