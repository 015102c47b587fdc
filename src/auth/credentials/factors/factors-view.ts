import { Injectable } from '@nestjs/common';
import { isUuid } from '../../../platform/crypto/uuid.js';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';
import type { FactorDto, OwnFactorsDto } from './factors.dto.js';
import { RecoveryCodesRepository } from './recovery-codes/recovery-codes.repository.js';
import { FactorRecoveriesRepository } from './recovery/factor-recoveries.repository.js';
import { shownRecovery } from './recovery/recovery-state.js';
import { type RegisteredFactor, RegisteredFactors } from './registered-factors.js';

/** Shows and names the factors of a user. No secret is part of what it returns. */
@Injectable()
export class FactorsView {
  constructor(
    private readonly factors: RegisteredFactors,
    private readonly recoveryCodes: RecoveryCodesRepository,
    private readonly recoveries: FactorRecoveriesRepository,
  ) {}

  /** Returns the factors, the oldest first, and what stands in for lost ones. */
  async list(userId: string): Promise<OwnFactorsDto> {
    const factors = await this.factors.list(userId);
    const recoveryCodesLeft = await this.recoveryCodes.countLeft(userId);
    const recovery = shownRecovery(await this.recoveries.find(userId));
    return { items: factors.map(itemOf), recoveryCodesLeft, recovery };
  }

  /** Throws `not_found` if the user has no such factor. */
  async rename(userId: string, id: string, name: string): Promise<FactorDto> {
    const factor = isUuid(id) ? await this.factors.rename(userId, id, name) : null;
    if (!factor) throw new Problem(PlatformErrors.not_found);
    return itemOf(factor);
  }
}

/** A factor as responses show it. */
export const itemOf = ({ id, type, name, createdAt, lastUsedAt, synced }: RegisteredFactor): FactorDto => ({
  id,
  type,
  name,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
  synced,
});
