import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import type { IssuedSecret, NewSecret } from '../platform/secrets/new-secret.js';
import type { RegisteredPurpose } from '../platform/secrets/secret-purposes.js';
import type { CodeAttempt, ReadState, ValidSecret } from '../platform/secrets/secret-use.js';
import { SecretTimesRepository } from '../platform/secrets/secret-times.repository.js';
import { SingleUseSecrets } from '../platform/secrets/single-use-secrets.js';
import { credentialFingerprintOf } from '../users/credential-fingerprint.js';
import { NOBODY } from '../users/nobody.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';

/** A secret to be sent to an address about an account, whose row the caller has locked. */
export interface AccountSecret extends Omit<NewSecret, 'subject' | 'emailDigest' | 'fingerprint'> {
  /** The address that it is sent to. */
  readonly to: string;
  /** Whether it stays valid when the address, the password or the factors of the account change. */
  readonly outlivesChanges?: boolean;
}

/** A secret that was spent, and the account that it is about, under its lock. */
export interface SpentSecret {
  readonly secret: ValidSecret;
  readonly user: User;
}

/**
 * Single-use secrets about accounts. They are bound to the address, the password and the factors that an account had when they
 * were made; the database moves the version that stands for these with every change.
 */
@Injectable()
export class AccountSecrets {
  constructor(
    private readonly secrets: SingleUseSecrets,
    private readonly times: SecretTimesRepository,
    private readonly users: UsersService,
    private readonly audit: AuditService,
  ) {}

  async issue(
    tx: Transaction,
    user: User,
    { to, outlivesChanges, ...secret }: AccountSecret,
  ): Promise<IssuedSecret> {
    return this.secrets.issue(tx, {
      ...secret,
      subject: user.id,
      emailDigest: this.audit.emailDigest(to),
      fingerprint: outlivesChanges ? null : credentialFingerprintOf(user),
    });
  }

  /**
   * Returns the account that a token is or was for, for work that must precede the transaction that spends it. Nothing may
   * be decided by the result.
   */
  async ownerOf(purpose: RegisteredPurpose, token: string): Promise<User | null> {
    return this.users.findById((await this.secrets.subjectOf(purpose, token)) ?? NOBODY);
  }

  /**
   * Spends the token of a mail and locks its account; null for any token that is not valid. With `onlyAtAddress`, it is valid
   * only while the account has the address that the mail went to.
   */
  async spend(
    tx: Transaction,
    purpose: RegisteredPurpose,
    token: string,
    { onlyAtAddress = false } = {},
  ): Promise<SpentSecret | null> {
    const reader = this.reader({ onlyAtAddress });
    const use = { purpose, token, context: null, state: reader.read };
    const secret = await this.secrets.spend(tx, use);
    return secret && reader.user ? { secret, user: reader.user } : null;
  }

  /** Spends the secret whose code was typed, and locks its account. */
  async spendCode(tx: Transaction, attempt: CodeAttempt, code: string): Promise<SpentSecret | null> {
    const reader = this.reader({ onlyAtAddress: false });
    const secret = await this.secrets.spendCode(tx, attempt, code, reader.read);
    return secret && reader.user ? { secret, user: reader.user } : null;
  }

  /** Returns the secrets of a purpose that were mailed about an account to an address, and are neither spent nor expired. */
  async mailedTo(
    tx: Transaction,
    { id: subject }: User,
    purpose: RegisteredPurpose,
    to: string,
  ): Promise<ValidSecret[]> {
    return this.secrets.sentTo({ emailDigest: this.audit.emailDigest(to), subject }, purpose, tx);
  }

  /** Returns when the latest secret of a purpose was issued about a locked account; null if there is none. */
  async latestIssue(tx: Transaction, { id }: User, purpose: RegisteredPurpose): Promise<Date | null> {
    return this.times.latestIssue(tx, id, purpose);
  }

  /**
   * Deletes the secrets of a purpose that were issued about a locked account at or after `since`, but not those that were mailed
   * to the address that it has now.
   */
  async revokeSince(
    tx: Transaction,
    { id: subject, email }: User,
    purpose: RegisteredPurpose,
    since: Date,
  ): Promise<void> {
    await this.times.revokeSince(tx, { emailDigest: this.audit.emailDigest(email), subject }, purpose, since);
  }

  private reader({ onlyAtAddress }: { onlyAtAddress: boolean }): { user: User | null; read: ReadState } {
    const reader: { user: User | null; read: ReadState } = {
      user: null,
      read: async (tx, subject) => {
        const user = await this.users.lock(tx, subject ?? NOBODY);
        reader.user = user;
        const emailDigest = onlyAtAddress && user ? this.audit.emailDigest(user.email) : null;
        return user && { fingerprint: credentialFingerprintOf(user), emailDigest };
      },
    };
    return reader;
  }
}
