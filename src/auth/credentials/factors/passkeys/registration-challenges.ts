import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../../../platform/access/principal.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import { Problem } from '../../../../platform/errors/problem.js';
import { type RegisteredPurpose, SecretPurposes } from '../../../../platform/secrets/secret-purposes.js';
import { SingleUseSecrets } from '../../../../platform/secrets/single-use-secrets.js';
import { credentialFingerprintOf } from '../../../../users/credential-fingerprint.js';
import type { User } from '../../../../users/user.entity.js';
import { AuthErrors } from '../../../auth.errors.js';

const LIFETIME_MS = 5 * 60_000;

/**
 * The challenges of registrations. Each is bound to the session that asked for it and to the credentials of the account, and
 * lives for five minutes and five attempts.
 */
@Injectable()
export class RegistrationChallenges {
  private readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: SingleUseSecrets,
  ) {
    this.purpose = purposes.register('passkey_registration');
  }

  /** Issues a challenge for a locked account, to be signed by a credential with this handle. */
  async issue(
    tx: Transaction,
    user: User,
    { sessionId }: SessionPrincipal,
    userHandle: Buffer,
  ): Promise<string> {
    const { token } = await this.secrets.issue(tx, {
      purpose: this.purpose,
      subject: user.id,
      emailDigest: null,
      fingerprint: credentialFingerprintOf(user),
      context: sessionId,
      payload: { userHandle: userHandle.toString('base64url') },
      lifetimeMs: LIFETIME_MS,
      replaces: false,
    });
    return token;
  }

  /** Counts an attempt and commits it; returns the handle. Throws `invalid_challenge`. */
  async attempt(token: string, { userId, sessionId }: SessionPrincipal): Promise<Buffer> {
    const found = await this.secrets.attempt({ purpose: this.purpose, token, context: sessionId });
    if (found?.subject !== userId) throw new Problem(AuthErrors.invalid_challenge);
    return Buffer.from(String(found.payload?.['userHandle']), 'base64url');
  }

  /** Uses the challenge up for a locked account. Throws `invalid_challenge`. */
  async spend(tx: Transaction, token: string, { sessionId }: SessionPrincipal, user: User): Promise<void> {
    const state = { fingerprint: credentialFingerprintOf(user), emailDigest: null };
    const use = { purpose: this.purpose, token, context: sessionId, state: async () => state };
    if (!(await this.secrets.spend(tx, use))) throw new Problem(AuthErrors.invalid_challenge);
  }
}
