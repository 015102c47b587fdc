import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import {
  AccountGuessing,
  GUESSING_RULES,
  type GuessingAttempt,
} from '../../rate-limit/guessing/account-guessing.js';
import { RateLimitErrors } from '../../rate-limit/rate-limit.errors.js';
import type { User } from '../../users/user.entity.js';
import { UsersRepository } from '../../users/users.repository.js';
import { AuthErrors } from '../auth.errors.js';
import { DeviceTokens } from '../../sessions/devices/device-tokens.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import { type Proven, SignInService } from './sign-in.service.js';

/** What somebody presents to sign in; none of it is believed yet. */
export interface Credentials {
  /** In the spelling of `canonicalEmail`. */
  readonly email: string;
  readonly password: string;
  readonly deviceToken: string | null;
}

/** A password that is looked at, its failure counted already. */
type Tried = Omit<Proven, 'user'> & Pick<Credentials, 'email'>;

interface Verdict {
  readonly signedIn: IssuedSession | null;
  readonly user: User | null;
}

/**
 * Checks a password. Unknown, wrong and disabled are told apart by nobody outside: the same statements, one hash of
 * the same cost, the same answer. Every guess is counted before the password is looked at.
 */
@Injectable()
export class LoginService {
  constructor(
    private readonly guessing: AccountGuessing,
    private readonly devices: DeviceTokens,
    private readonly users: UsersRepository,
    private readonly hasher: PasswordHasher,
    private readonly signIn: SignInService,
    private readonly audit: AuditService,
  ) {}

  /** Throws `invalid_credentials`, `rate_limited` after too many failures, `overloaded` when hashes queue up. */
  async login({ email, password, deviceToken }: Credentials, origin: Origin): Promise<IssuedSession> {
    // Before anything is asked of PostgreSQL, or a flood of refusals would have it do the work of logins.
    await this.hasher.assertRoom();
    const account = this.audit.emailDigest(email);
    const knownDevice = this.devices.knownDevice(deviceToken, account);
    const attempt = await this.beginAttempt(email, account, knownDevice, origin);
    const tried = { email, password, account, deviceToken, knownDevice, attempt };
    const { signedIn, user } = await this.tryToSignIn(tried, origin).catch(async (error: unknown) => {
      // No verdict, for a reason of ours: what may have been right was no guess.
      await attempt.refund().catch(() => undefined);
      throw error;
    });
    if (signedIn) return signedIn;
    await this.recordFailure(attempt, account, user, origin);
    throw new Problem(AuthErrors.invalid_credentials);
  }

  /** A session where the password is right; else whose it would have been, if anybody's. */
  private async tryToSignIn({ email, ...tried }: Tried, origin: Origin): Promise<Verdict> {
    let user = await this.users.findWithPasswordHash(email);
    while (await this.isRight(tried.password, user)) {
      const signedIn = await this.signIn.signIn({ ...tried, user: user! }, origin);
      if (signedIn) return { signedIn, user };
      // Changed meanwhile. A login at the same moment may only have renewed the hash, so the password is looked at again.
      const changed = await this.users.findWithPasswordHash(email);
      const isSameHash = changed?.passwordHash === user?.passwordHash;
      user = changed;
      if (changed === null || isSameHash) break;
    }
    return { signedIn: null, user };
  }

  private async beginAttempt(
    email: string,
    account: string,
    device: string | null,
    origin: Origin,
  ): Promise<GuessingAttempt> {
    try {
      return await this.guessing.begin(account, device);
    } catch (error) {
      if (error instanceof Problem && error.row === RateLimitErrors.rate_limited) {
        await this.audit.recordAlone({
          type: 'authn_login_lock',
          outcome: 'failure',
          reason: RateLimitErrors.rate_limited.code,
          userId: (await this.users.findByEmail(email))?.id ?? null,
          origin,
          details: { account, retryAfterSeconds: error.occurrence.retryAfterSeconds ?? 0 },
        });
      }
      throw error;
    }
  }

  private async isRight(password: string, user: User | null): Promise<boolean> {
    const matches = await this.hasher.verify(password, user?.passwordHash ?? null);
    return matches && user?.disabledAt === null;
  }

  private async recordFailure(attempt: GuessingAttempt, account: string, user: User | null, origin: Origin) {
    const reason =
      user === null ? 'unknown_account' : user.disabledAt ? 'account_disabled' : 'wrong_password';
    const userId = user?.id ?? null;
    await this.audit.recordAlone({
      type: 'authn_login_fail',
      outcome: 'failure',
      reason,
      userId,
      origin,
      details: { account },
    });
    if (attempt.failures < GUESSING_RULES.closedAt) return;
    await this.audit.recordAlone({
      type: 'authn_login_fail_max',
      outcome: 'failure',
      reason: 'too_many_failures',
      userId,
      origin,
      details: { account },
    });
  }
}
