import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import { RecentProof } from '../../sessions/recent/recent-proof.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';
import { CodeStepUp } from './code-step-up.js';
import { type PasskeyAnswer, PasskeyStepUp } from './passkey-step-up.js';
import { PasswordStepUp } from './password-step-up.js';
import { SessionGuesses } from '../guesses/session-guesses.js';

/** The proof of a step-up: the password, the code of an authenticator app, or a passkey. */
export type StepUpProof = { readonly password: string } | { readonly code: string } | PasskeyAnswer;

/** Authenticates a signed-in user again. */
@Injectable()
export class StepUpService {
  constructor(
    private readonly recent: RecentProof,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly passwords: PasswordStepUp,
    private readonly guesses: SessionGuesses,
    private readonly codes: CodeStepUp,
    private readonly passkeys: PasskeyStepUp,
  ) {}

  /**
   * Throws `invalid_credentials`, `invalid_code`, `invalid_challenge`, `invalid_passkey`,
   * `insufficient_user_authentication` if the session needs another method, `session_ended`, `rate_limited`, or
   * `overloaded` if too many hashes are queued.
   */
  async stepUp(principal: SessionPrincipal, proof: StepUpProof, origin: Origin): Promise<IssuedSession> {
    if ('password' in proof) return this.byPassword(principal, proof.password, origin);
    if ('challenge' in proof) {
      const { requiresUserVerification } = await this.recent.assertOffered('passkey', principal);
      return this.passkeys.prove(principal, { ...proof, requiresUserVerification }, origin);
    }
    await this.recent.assertOffered('totp', principal);
    return this.codes.prove(principal, proof.code, origin);
  }

  private async byPassword(
    principal: SessionPrincipal,
    password: string,
    origin: Origin,
  ): Promise<IssuedSession> {
    await this.passwords.assertRoom();
    await this.recent.assertOffered('password', principal);
    const found = await this.credentials.findByUserId(principal.userId);
    if (!found) throw new Problem(SessionErrors.session_ended);
    return this.guesses.judge(principal, { password, found }, origin, (right) =>
      this.passwords.prove(principal, right, origin),
    );
  }
}
