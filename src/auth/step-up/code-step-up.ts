import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { SessionDevices } from '../../sessions/devices/session-devices.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import { SessionStepUp } from '../../sessions/recent/session-step-up.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { UsersService } from '../../users/users.service.js';
import { FactorGuesses } from '../guesses/factor-guesses.js';
import { TypedCodes } from '../credentials/factors/typed-codes.js';

/** Verifies codes of authenticator apps as step-up proofs. */
@Injectable()
export class CodeStepUp {
  constructor(
    private readonly users: UsersService,
    private readonly devices: SessionDevices,
    private readonly guesses: FactorGuesses,
    private readonly codes: TypedCodes,
    private readonly steps: SessionStepUp,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Throws `invalid_code`, `session_ended` and `rate_limited`. */
  async prove(principal: SessionPrincipal, code: string, origin: Origin): Promise<IssuedSession> {
    const { userId, sessionId } = principal;
    const user = await this.users.findById(userId);
    if (!user) throw new Problem(SessionErrors.session_ended);
    const knownDeviceId = await this.devices.knownDeviceOf(principal);
    const guess = { user, method: 'totp' as const, knownDeviceId, sessionId };
    return this.guesses.judge(guess, origin, async ({ attempt, emailDigest }) => {
      const proof = await this.codes.proofOf({ user, method: 'totp', code, attempt }, origin);
      const request = { principal, proofs: [proof] as const, emailDigest };
      const issued = await this.transactions.run((tx) => this.steps.stepUp(tx, request, origin));
      if (!issued) throw new Problem(SecretsErrors.invalid_code);
      return issued;
    });
  }
}
