import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../../audit/audit.service.js';
import { Clock } from '../../../../platform/clock/clock.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import type { Origin } from '../../../../platform/http/origin.js';
import type { User } from '../../../../users/user.entity.js';
import { RECOVERY_CODE } from '../factor-names.js';
import { FactorNotices } from '../factor-notices.js';
import type { TypedCode } from '../typed-code.js';
import { RecoveryCodes } from './recovery-codes.js';
import { RecoveryCodesRepository } from './recovery-codes.repository.js';

/** Checks recovery codes. */
@Injectable()
export class RecoveryCodeUse {
  constructor(
    private readonly codes: RecoveryCodesRepository,
    private readonly issuer: RecoveryCodes,
    private readonly notices: FactorNotices,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Prepares the use of a code, which is right if its digest is stored. */
  find(user: User, typed: string, origin: Origin): TypedCode {
    const digests = this.issuer.digestsOf(user.id, typed);
    return { factor: RECOVERY_CODE, spend: (tx) => this.spend(tx, user, digests, origin) };
  }

  /** Uses a code up and tells the owner, in one transaction. */
  private async spend(tx: Transaction, user: User, digests: Buffer[], origin: Origin): Promise<boolean> {
    const { id: userId } = user;
    if (!(await this.codes.use(tx, userId, digests, this.clock.now()))) return false;
    const left = await this.codes.countLeft(userId, tx);
    const event = { outcome: 'success' as const, userId, origin, details: { left } };
    await this.audit.record(tx, { type: 'authn_recovery_code_used', ...event });
    await this.notices.recoveryCodeUsed(tx, user, left, origin);
    return true;
  }
}
