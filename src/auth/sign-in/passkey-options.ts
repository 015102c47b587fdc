import { Injectable } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { RecentProof } from '../../sessions/recent/recent-proof.js';
import { AuthErrors } from '../auth.errors.js';
import { PasskeyCeremonies } from '../credentials/factors/passkeys/passkey-ceremonies.js';
import { PasskeysRepository } from '../credentials/factors/passkeys/passkeys.repository.js';
import { StepUpChallenges } from '../credentials/factors/passkeys/step-up-challenges.js';
import { PendingLogins } from './pending-logins.js';
import { PasskeySignInChallenges } from './passkey-sign-in-challenges.js';

/** The options of an authentication, and the challenge that goes with the response. */
export interface BegunAuthentication {
  readonly challenge: string;
  readonly options: PublicKeyCredentialRequestOptionsJSON;
}

/** Begins authentications by passkey: the second factor of a login, a step-up, or a sign-in without a password. */
@Injectable()
export class PasskeyOptions {
  constructor(
    private readonly logins: PendingLogins,
    private readonly stepUps: StepUpChallenges,
    private readonly signIns: PasskeySignInChallenges,
    private readonly recent: RecentProof,
    private readonly passkeys: PasskeysRepository,
    private readonly ceremonies: PasskeyCeremonies,
  ) {}

  /** For the login of a challenge. Throws `invalid_challenge`, or `invalid_passkey` if its account has no passkey. */
  async forLogin(challenge: string, origin: Origin): Promise<BegunAuthentication> {
    const passkeys = await this.passkeys.findOfUser(await this.logins.accountOf(challenge, origin));
    if (passkeys.length === 0) throw new Problem(AuthErrors.invalid_passkey);
    return { challenge, options: await this.ceremonies.requestOptions(challenge, passkeys, 'preferred') };
  }

  /** For a step-up of the caller. Throws `insufficient_user_authentication` if the account has no passkey. */
  async forStepUp(caller: SessionPrincipal): Promise<BegunAuthentication> {
    const { requiresUserVerification } = await this.recent.assertOffered('passkey', caller);
    const verification = requiresUserVerification ? 'required' : 'preferred';
    const passkeys = await this.passkeys.findOfUser(caller.userId);
    const challenge = await this.stepUps.issue(caller);
    return { challenge, options: await this.ceremonies.requestOptions(challenge, passkeys, verification) };
  }

  /** For a sign-in: no account is named, so the options say nothing about any. */
  async forSignIn(origin: Origin): Promise<BegunAuthentication> {
    const challenge = await this.signIns.issue(origin);
    return { challenge, options: await this.ceremonies.requestOptions(challenge, [], 'required') };
  }
}
