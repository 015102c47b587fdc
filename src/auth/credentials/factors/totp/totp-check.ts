import { Injectable } from '@nestjs/common';
import { Clock } from '../../../../platform/clock/clock.js';
import type { TypedCode } from '../typed-code.js';
import { TotpCodes } from './totp-codes.js';
import { TotpFactorsRepository } from './totp-factors.repository.js';
import { TotpSecrets } from './totp-secrets.js';

/** Checks the codes of authenticator apps. */
@Injectable()
export class TotpCheck {
  constructor(
    private readonly factors: TotpFactorsRepository,
    private readonly codes: TotpCodes,
    private readonly secrets: TotpSecrets,
    private readonly clock: Clock,
  ) {}

  /** Finds the app of a user that shows this code; null if none does. Nothing is used up before {@link TypedCode.spend}. */
  async find(userId: string, typed: string): Promise<TypedCode | null> {
    for (const factor of await this.factors.findConfirmed(userId)) {
      const step = this.codes.stepOf(this.secrets.open(factor), typed, factor.lastStep);
      if (step === null) continue;
      const { id } = factor;
      return { factor: id, spend: (tx) => this.factors.useStep(tx, id, step, this.clock.now()) };
    }
    return null;
  }
}
