import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../../../platform/access/principal.js';
import { Clock } from '../../../../platform/clock/clock.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import { Problem } from '../../../../platform/errors/problem.js';
import { SecretsErrors } from '../../../../platform/secrets/secrets.errors.js';
import { CallerAccount } from '../../../../sessions/own-sessions/caller-account.js';
import { notBeforeLogin } from '../../../../users/login-order.js';
import type { User } from '../../../../users/user.entity.js';
import { AuthErrors } from '../../../auth.errors.js';
import { MAX_APPS } from '../factor-limits.js';
import { type AppSetup, TotpCodes } from './totp-codes.js';
import { TotpFactorsRepository } from './totp-factors.repository.js';
import { TotpSecrets } from './totp-secrets.js';

/** How long an enrolment waits for its first code. */
const PENDING_MS = 10 * 60_000;

/** An authenticator app to set up. */
export interface BegunEnrolment extends AppSetup {
  readonly id: string;
}

/** Begins the enrolment of authenticator apps. Until a first code confirms it, an enrolment has no effect. */
@Injectable()
export class TotpEnrolment {
  constructor(
    private readonly account: CallerAccount,
    private readonly factors: TotpFactorsRepository,
    private readonly codes: TotpCodes,
    private readonly secrets: TotpSecrets,
    private readonly clock: Clock,
  ) {}

  /** Throws `too_many_factors`, `insufficient_user_authentication` or `session_ended`. */
  async begin(caller: SessionPrincipal, name: string): Promise<BegunEnrolment> {
    const { userId, sessionId } = caller;
    return this.account.lockedIfRecent(caller, async (tx, user) => {
      await this.assertRoom(tx, userId);
      await this.factors.purgePending(tx, userId, this.oldestPending(), MAX_APPS - 1);
      const secret = this.codes.newSecret();
      const factor = this.secrets.newFactor({ userId, sessionId, name, secret });
      await this.factors.insert(tx, factor);
      return { id: factor.id, ...this.codes.setup(secret, user.email) };
    });
  }

  /**
   * Confirms a pending enrolment of a user whose row the caller has locked. Returns the name of the app; null if there is none
   * in this session.
   * Throws `invalid_code` and `too_many_factors`.
   */
  async confirm(
    tx: Transaction,
    { id: userId, lastLoginAt }: User,
    { sessionId }: SessionPrincipal,
    id: string,
    code: string,
  ): Promise<string | null> {
    const factor = await this.factors.findPending(tx, { id, userId, sessionId }, this.oldestPending());
    if (!factor) return null;
    await this.assertRoom(tx, userId);
    const step = this.codes.stepOf(this.secrets.open(factor), code, null);
    if (step === null) throw new Problem(SecretsErrors.invalid_code);
    await this.factors.confirm(tx, id, step, notBeforeLogin(lastLoginAt, this.clock.now()));
    return factor.name;
  }

  private async assertRoom(tx: Transaction, userId: string): Promise<void> {
    const { length } = await this.factors.findConfirmed(userId, tx);
    if (length >= MAX_APPS) throw new Problem(AuthErrors.too_many_factors);
  }

  private oldestPending(): Date {
    return new Date(this.clock.nowMs() - PENDING_MS);
  }
}
