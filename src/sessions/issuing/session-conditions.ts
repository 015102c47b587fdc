import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { ProblemRow } from '../../platform/errors/problem.js';
import type { User } from '../../users/user.entity.js';
import type { Proof } from '../proofs.js';

/**
 * The conditions in the order of their checks. A client is told of the first that is not met, so an owner verifies the
 * address first and is asked for the second factor then.
 */
const IN_ORDER = ['verified_email', 'second_factor'] as const;

/** The name of a condition. */
export type SessionConditionName = (typeof IN_ORDER)[number];

/** A condition that an account must meet before a session is issued. */
export interface SessionCondition {
  /** The problem of an account that does not meet it. */
  readonly problem: ProblemRow;
  /** Called under the lock of the account. */
  readonly isMet: (tx: Transaction, user: User, proofs: readonly Proof[]) => Promise<boolean>;
}

/** A condition that an account does not meet. */
export interface UnmetCondition {
  readonly condition: SessionConditionName;
  readonly problem: ProblemRow;
}

/**
 * Additional conditions for issuing a session. The module that defines a condition registers it at startup; the
 * issuer checks all of them on every path, in an order that does not depend on the order of registration.
 */
@Injectable()
export class SessionConditions {
  private readonly conditions = new Map<SessionConditionName, SessionCondition>();

  /** Throws if a condition of this name is registered already, because it would no longer be checked. */
  register(name: SessionConditionName, condition: SessionCondition): void {
    if (this.conditions.has(name)) throw new Error(`The condition ${name} is registered twice.`);
    this.conditions.set(name, condition);
  }

  /** Returns the first condition that is not met; null if all are. */
  async firstUnmet(tx: Transaction, user: User, proofs: readonly Proof[]): Promise<UnmetCondition | null> {
    for (const name of IN_ORDER) {
      const registered = this.conditions.get(name);
      if (registered && !(await registered.isMet(tx, user, proofs)))
        return { condition: name, problem: registered.problem };
    }
    return null;
  }
}
