import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import type { PasswordCredential } from './password-credential.entity.js';
import { PasswordCredentialsRepository } from './password-credentials.repository.js';
import { storedHash } from './stored-hash.js';

/** Stores passwords. It receives the finished hashes, because hashing is too slow to be done inside a transaction. */
@Injectable()
export class PasswordCredentials {
  constructor(
    private readonly credentials: PasswordCredentialsRepository,
    private readonly clock: Clock,
  ) {}

  /** Whether a user has a password. */
  async exists(userId: string): Promise<boolean> {
    return this.credentials.exists(userId);
  }

  /** Sets the password of a user, replacing any other. Ending sessions and notifying the user is left to the caller. */
  async set(tx: Transaction, userId: string, hash: string): Promise<void> {
    await this.credentials.save(tx, this.credentialOf(userId, hash));
  }

  /** Sets the first password of a user; does nothing if the user does not exist. */
  async setIfExists(tx: Transaction, userId: string, hash: string): Promise<void> {
    await this.credentials.insertIfUserExists(tx, this.credentialOf(userId, hash));
  }

  /** Deletes a user's password, so that nobody can sign in with it until a reset sets another. */
  async remove(tx: Transaction, userId: string): Promise<void> {
    await this.credentials.delete(tx, userId);
  }

  private credentialOf(userId: string, hash: string): PasswordCredential {
    return { userId, ...storedHash(hash), changedAt: this.clock.now() };
  }
}
