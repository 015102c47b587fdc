import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import { Environment } from '../../../platform/config/environment.js';
import { keyIdOf } from '../../../platform/crypto/key-id.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import type { PasswordCredential } from './password-credential.entity.js';
import { PasswordCredentialsRepository } from './password-credentials.repository.js';

/** Stores passwords. It receives finished hashes, because hashing is too slow to be done inside a transaction. */
@Injectable()
export class PasswordCredentials {
  private readonly pepperId: string;

  constructor(
    environment: Environment,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly clock: Clock,
  ) {
    this.pepperId = keyIdOf(environment.PASSWORD_PEPPER);
  }

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

  /** Stores a new hash of a user's current password. */
  async rehash(tx: Transaction, userId: string, hash: string): Promise<void> {
    await this.credentials.rehash(tx, userId, hash, this.pepperId);
  }

  private credentialOf(userId: string, hash: string): PasswordCredential {
    return { userId, hash, pepperId: this.pepperId, changedAt: this.clock.now() };
  }
}
