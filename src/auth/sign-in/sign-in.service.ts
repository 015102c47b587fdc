import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import { profileOf } from '../../users/profile.js';
import type { User } from '../../users/user.entity.js';
import { UsersRepository } from '../../users/users.repository.js';
import { DeviceTokens } from '../../sessions/devices/device-tokens.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import { SessionIssuer } from '../../sessions/session-issuer.js';

/** Somebody whose password was right. */
export interface Proven {
  readonly user: User;
  readonly password: string;
  /** Keyed digest of the submitted address. */
  readonly account: string;
  readonly deviceToken: string | null;
  /** The device, when the account has signed in there before. */
  readonly knownDevice: string | null;
  readonly attempt: GuessingAttempt;
}

/** Turns a right password into a session: the count of failures, the session and its events commit together. */
@Injectable()
export class SignInService {
  constructor(
    private readonly sessions: SessionIssuer,
    private readonly devices: DeviceTokens,
    private readonly users: UsersRepository,
    private readonly hasher: PasswordHasher,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Null when the account was disabled, deleted or given another password since this one was found right. */
  async signIn(proven: Proven, origin: Origin): Promise<IssuedSession | null> {
    const { account, attempt } = proven;
    const device = this.devices.remember(proven.deviceToken, account);
    const freshHash = await this.freshHash(proven);
    return this.transactions.run(async (tx) => {
      // A hash takes long enough for an operator to come in between (CWE-367). Accounts are locked first everywhere.
      const user = await this.users.lockUnchanged(tx, proven.user);
      if (!user) return null;
      const failures = await attempt.succeeded(tx);
      const begun = await this.sessions.begin(tx, user.id, device.deviceId, origin);
      const firstLogin = user.firstLoginAt === null;
      if (firstLogin || freshHash) {
        await this.users.update(tx, user.id, {
          ...(firstLogin && { firstLoginAt: begun.createdAt }),
          ...(freshHash && { passwordHash: freshHash }),
        });
      }
      const details = {
        account,
        deviceId: device.deviceId,
        knownDevice: proven.knownDevice !== null,
        firstLogin,
      };
      const who = { userId: user.id, sessionId: begun.id, origin, outcome: 'success' as const };
      await this.audit.record(tx, { type: 'authn_login_success', ...who, details });
      await this.recordFailuresBefore(tx, failures, { ...who, account });
      return { profile: profileOf(user), session: begun, deviceToken: device.token };
    });
  }

  private async recordFailuresBefore(
    tx: Transaction,
    failures: number,
    {
      account,
      ...who
    }: { userId: string; sessionId: string; origin: Origin; outcome: 'success'; account: string },
  ): Promise<void> {
    if (failures === 0) return;
    await this.audit.record(tx, {
      type: 'authn_login_successafterfail',
      ...who,
      details: { account, failures },
    });
  }

  /** A hash of the configured cost where the stored one has another; a busy queue leaves it for the next login. */
  private async freshHash({ user, password }: Proven): Promise<string | null> {
    if (!this.hasher.isOutdated(user.passwordHash)) return null;
    return this.hasher.hash(password).catch(() => null);
  }
}
