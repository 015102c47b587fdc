import { Injectable } from '@nestjs/common';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import type { SessionPrincipal } from '../../../../platform/access/principal.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import { Problem } from '../../../../platform/errors/problem.js';
import type { Origin } from '../../../../platform/http/origin.js';
import { CallerAccount } from '../../../../sessions/own-sessions/caller-account.js';
import type { User } from '../../../../users/user.entity.js';
import { AuthErrors } from '../../../auth.errors.js';
import { FactorAdditions } from '../factor-additions.js';
import { MAX_PASSKEYS } from '../factor-limits.js';
import { PasskeyCeremonies } from './passkey-ceremonies.js';
import type { Passkey } from './passkey.entity.js';
import { PasskeysRepository } from './passkeys.repository.js';
import type { PasskeyResponse } from './passkey-response.js';
import { PasskeyRows } from './passkey-rows.js';
import { RegistrationChallenges } from './registration-challenges.js';

/** The options of a registration, and the challenge that goes with the response. */
export interface BegunRegistration {
  readonly challenge: string;
  readonly options: PublicKeyCredentialCreationOptionsJSON;
}

/** What a client submits to register a passkey. */
export interface FinishedRegistration {
  readonly challenge: string;
  readonly name: string;
  readonly response: PasskeyResponse;
}

/** A passkey that was added, and the recovery codes if it is the first factor. */
export interface RegisteredPasskey {
  readonly passkey: Passkey;
  readonly recoveryCodes: string[] | null;
}

/** Registers passkeys for the account of the caller. */
@Injectable()
export class PasskeyRegistration {
  constructor(
    private readonly account: CallerAccount,
    private readonly challenges: RegistrationChallenges,
    private readonly ceremonies: PasskeyCeremonies,
    private readonly rows: PasskeyRows,
    private readonly passkeys: PasskeysRepository,
    private readonly additions: FactorAdditions,
  ) {}

  /**
   * Throws `too_many_factors`, `passkeys_unavailable`, `insufficient_user_authentication` and `session_ended`.
   */
  async begin(caller: SessionPrincipal): Promise<BegunRegistration> {
    const { challenge, ...account } = await this.account.lockedIfRecent(caller, async (tx, user) => {
      const existing = await this.passkeys.findOfUser(user.id, tx);
      if (existing.length >= MAX_PASSKEYS) throw new Problem(AuthErrors.too_many_factors);
      const userHandle = this.rows.userHandleFor(existing);
      const token = await this.challenges.issue(tx, user, caller, userHandle);
      return { user, existing, userHandle, challenge: token };
    });
    return { challenge, options: await this.ceremonies.creationOptions(challenge, account) };
  }

  /**
   * Throws `invalid_challenge`, `invalid_passkey`, `passkey_taken`, `too_many_factors`, `passkeys_unavailable`,
   * `insufficient_user_authentication` and `session_ended`.
   */
  async finish(
    caller: SessionPrincipal,
    { challenge, name, response }: FinishedRegistration,
    origin: Origin,
  ): Promise<RegisteredPasskey> {
    const userHandle = await this.challenges.attempt(challenge, caller);
    const created = await this.ceremonies.verifyCreation(challenge, response);
    if (!created) throw new Problem(AuthErrors.invalid_passkey);
    const { userVerified, ...credential } = created;
    return this.account.lockedIfRecent(caller, async (tx, user) => {
      await this.challenges.spend(tx, challenge, caller, user);
      const row = { ...credential, userHandle, userId: user.id, name };
      const passkey = this.rows.newPasskey(row, user.lastLoginAt);
      const recoveryCodes = await this.add(tx, user, passkey, { userVerified, caller, origin });
      return { passkey, recoveryCodes };
    });
  }

  private async add(
    tx: Transaction,
    user: User,
    passkey: Passkey,
    by: { readonly userVerified: boolean; readonly caller: SessionPrincipal; readonly origin: Origin },
  ): Promise<string[] | null> {
    const outcome = await this.passkeys.insert(tx, passkey, MAX_PASSKEYS);
    if (outcome === 'too many') throw new Problem(AuthErrors.too_many_factors);
    if (outcome === 'taken') throw new Problem(AuthErrors.passkey_taken);
    const { id, name } = passkey;
    const proven = { method: 'pop', factor: id, userVerified: by.userVerified } as const;
    return this.additions.follow(tx, user, { id, type: 'passkey', name, proven }, by.caller, by.origin);
  }
}
