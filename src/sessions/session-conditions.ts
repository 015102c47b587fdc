import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/transaction-runner.js';
import type { Problem } from '../platform/errors/problem.js';
import type { User } from '../users/user.entity.js';
import type { Proof } from './proofs.js';

/**
 * A condition that an account must meet before any path gives it a session: that its address is proven, that no factor
 * is owed. Asked under the lock of the account. Returns the problem to answer with, or null where it is met.
 */
export type SessionCondition = (
  tx: Transaction,
  user: User,
  proofs: readonly Proof[],
) => Promise<Problem | null>;

/**
 * What else must be true before a session is issued. The module that knows of a condition registers it at the start;
 * the issuer asks all of them, in this order, on every path.
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
