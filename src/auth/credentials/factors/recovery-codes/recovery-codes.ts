import { Injectable } from '@nestjs/common';
import { ScureBase32Plugin } from 'otplib';
import { AuditService } from '../../../../audit/audit.service.js';
import { Clock } from '../../../../platform/clock/clock.js';
import { MasterKey } from '../../../../platform/crypto/master-key.js';
import { Randomness } from '../../../../platform/crypto/randomness.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import type { Origin } from '../../../../platform/http/origin.js';
import { canonicalCode } from '../../../../platform/secrets/secret-code.js';
import { notBeforeLogin } from '../../../../users/login-order.js';
import type { User } from '../../../../users/user.entity.js';
import { FactorNotices } from '../factor-notices.js';
import { RecoveryCodesRepository } from './recovery-codes.repository.js';

const CODES = 10;

/** 120 bits: 24 characters of base 32, in six groups. More than the 112 bits from which ASVS 6.5.2 needs no slow hash. */
const CODE_BYTES = 15;

/** Issues recovery codes. They are shown once; only keyed digests are stored. */
@Injectable()
export class RecoveryCodes {
  constructor(
    private readonly codes: RecoveryCodesRepository,
    private readonly masterKey: MasterKey,
    private readonly randomness: Randomness,
    private readonly notices: FactorNotices,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Does what {@link issue} does, and tells the owner. */
  async renew(tx: Transaction, user: User, sessionId: string, origin: Origin): Promise<string[]> {
    await this.notices.recoveryCodesRenewed(tx, user, origin);
    return this.issue(tx, user, sessionId, origin);
  }

  /** Issues ten codes that replace all former ones of a user, whose row the caller has locked. */
  async issue(
    tx: Transaction,
    { id: userId, lastLoginAt }: Pick<User, 'id' | 'lastLoginAt'>,
    sessionId: string | null,
    origin: Origin,
  ): Promise<string[]> {
    const codes = Array.from({ length: CODES }, () => this.newCode());
    const { id: keyId } = this.masterKey;
    const digests = codes.map((code) => this.digestsOf(userId, code)[0]!);
    const createdAt = notBeforeLogin(lastLoginAt, this.clock.now());
    await this.codes.replace(tx, userId, { digests, keyId, createdAt });
    const who = { outcome: 'success' as const, userId, sessionId, origin };
    await this.audit.record(tx, {
      type: 'user_recovery_codes_created',
      ...who,
      details: { codes: codes.length },
    });
    return codes;
  }

  /**
   * The digests of a code in any spelling under every known master secret, the current one first. They name the user, so
   * that a row cannot be moved to another account.
   */
  digestsOf(userId: string, typed: string): Buffer[] {
    return this.masterKey.macs('recovery-code', JSON.stringify([userId, canonicalCode(typed)]));
  }

  private newCode(): string {
    const text = new ScureBase32Plugin().encode(this.randomness.bytes(CODE_BYTES), { padding: false });
    return text.replaceAll(/(.{4})(?=.)/g, '$1-');
  }
}
