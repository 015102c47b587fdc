import { Injectable } from '@nestjs/common';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import type { TokenTransport } from '../../sessions/tokens/token-transport.js';
import { AuthErrors } from '../auth.errors.js';
import { HASH_CHANGED } from '../guesses/compared-password.js';
import { PasswordGuesses, type SubmittedPassword } from '../guesses/password-guesses.js';
import { SignInService } from './sign-in.service.js';

/** The submitted credentials, not verified yet. */
export interface Credentials extends SubmittedPassword {
  /** How the client wants the tokens; the second half of a login defaults to it. */
  readonly tokenTransport: TokenTransport;
}

/** Signs users in with their passwords. */
@Injectable()
export class LoginService {
  constructor(
    private readonly guesses: PasswordGuesses,
    private readonly signIn: SignInService,
  ) {}

  /**
   * Throws `invalid_credentials`, `email_unverified`, `factor_required`, `rate_limited` after too many failures, or
   * `overloaded` if too many hashes are queued.
   */
  async login({ tokenTransport, ...submitted }: Credentials, origin: Origin): Promise<IssuedSession> {
    const { password } = submitted;
    const issued = await this.guesses.judge(submitted, origin, async (guess) => {
      const outcome = await this.signIn.signIn({ ...guess, password, tokenTransport }, origin);
      if (outcome.kind === 'signed_in') return outcome.issued;
      if (outcome.kind === 'outdated') return HASH_CHANGED;
      // The password was right; an error takes the guess back.
      throw outcome.problem;
    });
    if (issued) return issued;
    throw new Problem(AuthErrors.invalid_credentials);
  }
}
