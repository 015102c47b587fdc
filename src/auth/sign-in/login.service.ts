import { Injectable } from '@nestjs/common';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { AccountGuessing, type GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import { SessionDevices } from '../../sessions/devices/session-devices.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import type { TokenTransport } from '../../sessions/tokens/token-transport.js';
import { AuthErrors } from '../auth.errors.js';
import {
  PasswordCredentialsRepository,
  type UserWithHash,
} from '../credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';
import { LoginRecord } from './login-record.js';
import { type RightPassword, SignInService } from './sign-in.service.js';

/** The submitted credentials, not verified yet. */
export interface Credentials {
  /** Normalised by `canonicalEmail`. */
  readonly email: string;
  readonly password: string;
  readonly deviceToken: string | null;
  /** How the client wants the tokens; the second half of a login defaults to it. */
  readonly tokenTransport: TokenTransport;
}

/** A password to compare; the attempt has already been counted as a failure. */
type Guess = Omit<RightPassword, 'userId' | 'hash'> & Pick<Credentials, 'email'>;

interface Verdict {
  readonly issued: IssuedSession | null;
  readonly found: UserWithHash | null;
}

/**
 * Checks a password. Clients cannot distinguish an unknown account, a wrong password and a disabled account: each
 * takes the same statements and one hash of the same cost, and has the same response. Every guess is counted before
 * the password is compared.
 */
@Injectable()
export class LoginService {
  constructor(
    private readonly guessing: AccountGuessing,
    private readonly devices: SessionDevices,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
    private readonly signIn: SignInService,
    private readonly record: LoginRecord,
  ) {}

  /**
   * Throws `invalid_credentials`, `email_unverified`, `factor_required`, `rate_limited` after too many failures, or `overloaded` if too
   * many hashes are queued.
   */
  async login(credentials: Credentials, origin: Origin): Promise<IssuedSession> {
    const { email, password, deviceToken, tokenTransport } = credentials;
    // Before the first query; otherwise a flood of refusals would load PostgreSQL as much as logins do.
    const mayBeOwner = this.devices.isGenuine(deviceToken);
    await this.hasher.assertRoom(mayBeOwner);
    const emailDigest = this.record.digestOf(email);
    const found = await this.credentials.findByEmail(email);
    const userId = found?.user.id ?? null;
    const device = await this.devices.present(deviceToken, userId);
    if (mayBeOwner && !device.isKnown) await this.hasher.assertRoom();
    const attempt = await this.begin(emailDigest, device.isKnown ? device.deviceId : null, userId, origin);
    const guess = { email, password, emailDigest, device, attempt, tokenTransport };
    const verdict = await this.tryToSignIn(guess, found, origin).catch(async (error: unknown) => {
      // The password was right or could not be checked, so the attempt does not count as a guess.
      await attempt.refund().catch(() => undefined);
      throw error;
    });
    if (verdict.issued) return verdict.issued;
    await this.record.failure(verdict.found, attempt.failures, emailDigest, origin);
    throw new Problem(AuthErrors.invalid_credentials);
  }

  /**
   * Returns a session if the password is correct; otherwise the account with which it was compared, if there is one.
   */
  private async tryToSignIn(
    { email, ...guess }: Guess,
    first: UserWithHash | null,
    origin: Origin,
  ): Promise<Verdict> {
    let found = first;
    while (await this.isRight(guess, found)) {
      const { user, hash } = found!;
      const issued = await this.signIn.signIn({ ...guess, userId: user.id, hash: hash! }, origin);
      if (issued) return { issued, found };
      // The hash changed meanwhile. A concurrent login may only have renewed it, so the password is compared again.
      found = await this.credentials.findByEmail(email);
      if (found === null || found.hash === hash) break;
    }
    return { issued: null, found };
  }

  private async begin(
    emailDigest: string,
    knownDeviceId: string | null,
    userId: string | null,
    origin: Origin,
  ): Promise<GuessingAttempt> {
    try {
      return await this.guessing.begin(emailDigest, knownDeviceId, userId);
    } catch (error) {
      await this.record.locked(error, emailDigest, userId, origin);
      throw error;
    }
  }

  private async isRight(
    { password, device }: Pick<Guess, 'password' | 'device'>,
    found: UserWithHash | null,
  ): Promise<boolean> {
    const owner = device.isKnown && found ? found.user.id : null;
    const matches = await this.hasher.verify(password, found?.hash ?? null, owner);
    return matches && found?.user.disabledAt === null;
  }
}
