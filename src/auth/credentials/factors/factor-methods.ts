import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import { Problem } from '../../../platform/errors/problem.js';
import { assuranceOf } from '../../../sessions/proofs.js';
import { StepUpMethods } from '../../../sessions/recent/step-up-methods.js';
import { SessionConditions } from '../../../sessions/session-conditions.js';
import { AuthErrors } from '../../auth.errors.js';
import { RecoveryCodesRepository } from './recovery-codes/recovery-codes.repository.js';
import { TotpFactorsRepository } from './totp/totp-factors.repository.js';
import type { CodeMethod } from './typed-code.js';

/**
 * Requires the second factor of accounts that have one: for every session, because the issuer checks it on each path, and
 * for the recent proof of a step-up.
 */
@Injectable()
export class FactorMethods implements OnModuleInit {
  constructor(
    private readonly factors: TotpFactorsRepository,
    private readonly recoveryCodes: RecoveryCodesRepository,
    private readonly conditions: SessionConditions,
    private readonly stepUp: StepUpMethods,
  ) {}

  onModuleInit(): void {
    this.conditions.register(async (tx, { id }, proofs) => {
      if (assuranceOf(proofs).acr === 'aal2' || !(await this.factors.exists(id, tx))) return null;
      return new Problem(AuthErrors.factor_required);
    });
    this.stepUp.register('aal2', async (userId) => ((await this.factors.exists(userId)) ? ['totp'] : []));
  }

  /** Returns the methods of a login that can follow the password, the usual one first. */
  async ofLogin(tx: Transaction, userId: string): Promise<CodeMethod[]> {
    if (!(await this.factors.exists(userId, tx))) return [];
    return (await this.recoveryCodes.countLeft(userId, tx)) > 0 ? ['totp', 'recovery_code'] : ['totp'];
  }
}
