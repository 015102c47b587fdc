import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { isProblem, Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { NOBODY } from '../../users/nobody.js';
import { AuthErrors } from '../auth.errors.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';
import { HASH_CHANGED } from '../guesses/compared-password.js';
import { PasswordJudgement, type RightGuess } from '../guesses/password-judgement.js';

/** A password that was sent with a link. */
export interface LinkPassword {
  /** The account of the link; null if the link is unknown. */
  readonly userId: string | null;
  /** Used in place of the account's address if the link is unknown, so that the same statements run. */
  readonly token: string;
  readonly password: string;
}

/** Call this in the transaction that spends the link. Throws `invalid_credentials`, which leaves the link valid. */
type AssertRight = (tx: Transaction) => Promise<void>;

/** Decides about the link, in a transaction that is rolled back for what it throws. */
export type Spend = (assertRight: AssertRight) => Promise<void>;

/**
 * Verifies passwords that are sent with links. Each wrong one counts as a failed login, so that a link cannot be used
 * to guess.
 */
@Injectable()
export class LinkPasswords {
  constructor(
    private readonly judgement: PasswordJudgement,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * Verifies a password and then calls `spend`, which decides about the link. A wrong password counts only if the link was
   * valid. Throws what `spend` throws, `rate_limited` after too many failures, or `overloaded`.
   */
  async compare({ userId, token, password }: LinkPassword, origin: Origin, spend: Spend): Promise<void> {
    await this.hasher.assertRoom('strangers');
    const owner = userId ?? NOBODY;
    const found = await this.credentials.findByUserId(owner);
    const account = {
      email: found?.user.email ?? token,
      userId: found?.user.id ?? null,
      knownDeviceId: null,
    };
    const judged = await this.judgement.judge({ account, found, sessionId: null }, origin, {
      isRight: async (read) => {
        const hash = read?.user.disabledAt === null ? read.hash : null;
        const isRight = await this.hasher.verify(password, hash);
        // Throws unless the link is valid; then the guess does not count.
        if (!isRight) await isSpent(spend, refuse);
        return isRight;
      },
      reread: () => this.credentials.findByUserId(owner),
      use: async (right) => (await isSpent(spend, (tx) => this.accept(tx, right))) || HASH_CHANGED,
    });
    if (!judged.isRight) throw new Problem(AuthErrors.invalid_credentials);
  }

  private async accept(tx: Transaction, { userId, hash, attempt }: RightGuess): Promise<void> {
    if (!(await this.credentials.hasHash(tx, userId, hash))) await refuse();
    await attempt.succeeded(tx);
  }
}

async function refuse(): Promise<void> {
  throw new Problem(AuthErrors.invalid_credentials);
}

/** Returns false if the link is valid, but the password was refused; the link is valid then as before. */
async function isSpent(spend: Spend, assertRight: AssertRight): Promise<boolean> {
  try {
    await spend(assertRight);
    return true;
  } catch (error) {
    if (isProblem(error, AuthErrors.invalid_credentials)) return false;
    throw error;
  }
}
