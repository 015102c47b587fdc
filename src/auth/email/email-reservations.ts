import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import type { EmailSubject } from '../../platform/secrets/secrets.repository.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { UsersErrors } from '../../users/users.errors.js';
import { UsersService } from '../../users/users.service.js';

/**
 * Reserves the former address of an account for as long as its change can be undone; otherwise somebody else could take
 * the address and make the undo impossible.
 */
@Injectable()
export class EmailReservations {
  private readonly undo: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: SingleUseSecrets,
    private readonly users: UsersService,
    private readonly audit: AuditService,
  ) {
    this.undo = purposes.use('email_undo');
  }

  /** Returns the id of the account for which an address is reserved; null if it is none, or the given one. */
  async keeperOf(tx: Transaction, email: string, userId: string | null): Promise<string | null> {
    const digests = [this.audit.emailDigest(email)];
    for (const left of await this.secrets.subjectsByEmail(this.undo, digests, tx)) {
      if (left.subject !== userId && (await this.isReserved(left, tx))) return left.subject;
    }
    return null;
  }

  /** Returns those of the addresses that are reserved for an account. */
  async reservedAmong(emails: readonly string[], tx?: Transaction): Promise<Set<string>> {
    const emailOf = new Map(emails.map((email) => [this.audit.emailDigest(email), email]));
    const holders = await this.secrets.subjectsByEmail(this.undo, [...emailOf.keys()], tx);
    const reserved = new Set<string>();
    for (const left of holders)
      if (await this.isReserved(left, tx)) reserved.add(emailOf.get(left.emailDigest)!);
    return reserved;
  }

  /**
   * Throws `email_taken` if an address is reserved for another account. Call this after the address has been written: the
   * unique index makes that statement wait for a transaction that frees the address, whose reservation is visible only then.
   */
  async assertFree(tx: Transaction, email: string, userId: string): Promise<void> {
    if ((await this.keeperOf(tx, email, userId)) !== null) throw new Problem(UsersErrors.email_taken);
  }

  /** Deleted accounts reserve nothing, and no account an address that it never verified, which may be somebody else's. */
  private async isReserved(left: EmailSubject, tx?: Transaction): Promise<boolean> {
    if ((await this.users.findById(left.subject, tx)) === null) return false;
    const links = await this.secrets.sentTo(left, this.undo, tx);
    return links.some(({ payload }) => payload?.['emailVerified'] !== false);
  }
}
