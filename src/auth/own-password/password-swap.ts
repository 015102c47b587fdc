import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import type { Origin } from '../../platform/http/origin.js';
import type { GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import { CallerAccount } from '../../sessions/own-sessions/caller-account.js';
import { PasswordChange } from '../credentials/passwords/password-change.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';

/** A present password that was found right, and the hash of the new one. */
export interface Swap {
  readonly principal: SessionPrincipal;
  /** The hash that the present password was compared with. */
  readonly oldHash: string;
  readonly newHash: string;
  readonly attempt: GuessingAttempt;
}

/** Exchanges a password for another in one transaction, which rechecks the session and the old password. */
@Injectable()
export class PasswordSwap {
  constructor(
    private readonly account: CallerAccount,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly passwords: PasswordChange,
  ) {}

  /** False when the account has another password meanwhile. Throws `session_ended` when the caller's session is over. */
  async run({ principal, oldHash, newHash, attempt }: Swap, origin: Origin): Promise<boolean> {
    return this.account.locked(principal, async (tx, user, own) => {
      if (!(await this.credentials.hasHash(tx, user.id, oldHash))) return false;
      await attempt.succeeded(tx);
      const kept = { sessionId: own.id, deviceId: own.deviceId };
      await this.passwords.replace(tx, user, { hash: newHash, by: 'change', in: kept }, origin);
      return true;
    });
  }
}
