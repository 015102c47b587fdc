import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { NewPassword } from '../credentials/passwords/new-password.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';
import { HASH_CHANGED } from '../guesses/compared-password.js';
import { SessionGuesses } from '../guesses/session-guesses.js';
import { PasswordSwap } from './password-swap.js';

/** The own password, and the one that takes its place. */
export interface ChangedPassword {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** Changes the password of somebody who is signed in and knows the present one. */
@Injectable()
export class OwnPassword {
  constructor(
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
    private readonly passwords: NewPassword,
    private readonly guesses: SessionGuesses,
    private readonly swap: PasswordSwap,
  ) {}

  /**
   * Throws `validation_failed` for a new password that is not acceptable, `invalid_credentials` for a wrong present one,
   * `session_ended`, `rate_limited`, and `overloaded`.
   */
  async change(principal: SessionPrincipal, changed: ChangedPassword, origin: Origin): Promise<void> {
    await this.hasher.assertRoom('owners');
    const found = await this.credentials.findByUserId(principal.userId);
    if (!found) throw new Problem(SessionErrors.session_ended);
    await this.passwords.assertAcceptable(changed.newPassword, found.user.email, '#/newPassword');
    let newHash: string | null = null;
    const typed = { password: changed.currentPassword, found };
    await this.guesses.judge(principal, typed, origin, async ({ hash: oldHash, attempt }) => {
      newHash ??= await this.passwords.hash(changed.newPassword, principal.userId);
      return (await this.swap.run({ principal, oldHash, newHash, attempt }, origin)) || HASH_CHANGED;
    });
  }
}
