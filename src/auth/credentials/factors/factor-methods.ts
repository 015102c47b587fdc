import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import { assuranceOf } from '../../../sessions/proofs.js';
import { StepUpMethods } from '../../../sessions/recent/step-up-methods.js';
import { SessionConditions } from '../../../sessions/issuing/session-conditions.js';
import { AuthErrors } from '../../auth.errors.js';
import type { FactorType } from './factor-names.js';
import { RecoveryCodesRepository } from './recovery-codes/recovery-codes.repository.js';
import { RegisteredFactors } from './registered-factors.js';
import type { CodeMethod } from './typed-code.js';

/** A method that proves a second factor. */
export type FactorMethod = FactorType | CodeMethod;

/**
 * Requires the second factor of accounts that have one: for every session, because the issuer checks it on each path, and
 * for the recent proof of a step-up.
 */
@Injectable()
export class FactorMethods implements OnModuleInit {
  constructor(
    private readonly factors: RegisteredFactors,
    private readonly recoveryCodes: RecoveryCodesRepository,
    private readonly conditions: SessionConditions,
    private readonly stepUp: StepUpMethods,
  ) {}

  onModuleInit(): void {
    this.conditions.register('second_factor', {
      problem: AuthErrors.factor_required,
      isMet: async (tx, { id }, proofs) =>
        assuranceOf(proofs).acr === 'aal2' || (await this.factors.kindsOf(id, tx)).length === 0,
    });
    this.stepUp.register('aal2', async (userId, tx) => this.factors.kindsOf(userId, tx));
  }

  /** Returns the methods of a login that can follow the password, the usual one first. */
  async ofLogin(tx: Transaction, userId: string): Promise<FactorMethod[]> {
    const kinds = await this.factors.kindsOf(userId, tx);
    if (kinds.length === 0) return [];
    return (await this.recoveryCodes.countLeft(userId, tx)) > 0 ? [...kinds, 'recovery_code'] : kinds;
  }
}
