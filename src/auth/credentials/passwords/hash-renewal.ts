import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import { PasswordCredentialsRepository } from './password-credentials.repository.js';
import { PasswordHasher } from './password-hasher.js';
import { storedHash } from './stored-hash.js';

/** A hash in use, and the hash of the same password that replaces it; null if it is not outdated. */
export interface RenewedHash {
  readonly userId: string;
  readonly hash: string;
  readonly freshHash: string | null;
}

/** Replaces hashes with an outdated cost or pepper, when a login brings their passwords. */
@Injectable()
export class HashRenewal {
  constructor(
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * Returns a new hash if that of a password is outdated; null otherwise, and if the hash would have to wait: a later login
   * renews it, rather than that those of everybody take twice as long after a change of the cost or the pepper.
   */
  async freshHash(password: string, hash: string): Promise<string | null> {
    if (!this.hasher.isOutdated(hash)) return null;
    return this.hasher.hashIfFree(password);
  }

  /** Stores the new hash of a user whose row the caller has locked, unless the password has changed. */
  async renew(tx: Transaction, { userId, hash, freshHash }: RenewedHash): Promise<void> {
    if (freshHash === null) return;
    await this.credentials.rehash(tx, userId, storedHash(hash), storedHash(freshHash));
  }
}
