import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { isProblem, Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { NOBODY } from '../../users/nobody.js';
import { AuthErrors } from '../auth.errors.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';
import { CountedGuesses } from '../guesses/counted-guesses.js';
import { LoginRecord } from '../guesses/login-record.js';

/** A password that was sent with a link. */
export interface LinkPassword {
  /** The account of the link; null if the link is unknown. */
  readonly userId: string | null;
  /** Used in place of the account's address if the link is unknown, so that the same statements run. */
  readonly token: string;
  readonly password: string;
}

/** Call this in the transaction that spends the link. Throws `invalid_credentials`, which leaves the link valid. */
export type AssertRight = (tx: Transaction) => Promise<void>;

/**
 * Verifies passwords that are sent with links. Each wrong one counts as a failed login, so that a link cannot be used
 * to guess.
 */
@Injectable()
export class LinkPasswords {
  constructor(
    private readonly guesses: CountedGuesses,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
    private readonly record: LoginRecord,
  ) {}

  /**
   * Verifies a password and then calls `spend`, which decides about the link. A wrong password counts only if the link was
   * valid. Throws what `spend` throws, `rate_limited` after too many failures, or `overloaded`.
   */
  async compare<T>(
    { userId, token, password }: LinkPassword,
    origin: Origin,
    spend: (assertRight: AssertRight) => Promise<T>,
  ): Promise<T> {
    await this.hasher.assertRoom('strangers');
    const found = await this.credentials.findByUserId(userId ?? NOBODY);
    const account = {
      email: found?.user.email ?? token,
      userId: found?.user.id ?? null,
      knownDeviceId: null,
    };
    const { attempt, emailDigest } = await this.guesses.begin(account, origin);
    try {
      const hash = found?.user.disabledAt === null ? found.hash : null;
      const isRight = await this.hasher.verify(password, hash);
      return await spend(async (tx) => {
        const holds = isRight && (await this.credentials.hasHash(tx, found!.user.id, hash!));
        if (!holds) throw new Problem(AuthErrors.invalid_credentials);
        await attempt.succeeded(tx);
      });
    } catch (error) {
      if (isProblem(error, AuthErrors.invalid_credentials))
        await this.record.failure(found, attempt, emailDigest, origin);
      else await attempt.refund().catch(() => undefined);
      throw error;
    }
  }
}
