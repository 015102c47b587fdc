import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../../platform/database/database-problem.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import { User } from '../../../users/user.entity.js';
import { PasswordCredential } from './password-credential.entity.js';

/** A user with the password hash to compare, which is null if the user has no password. */
export interface UserWithHash {
  readonly user: User;
  readonly hash: string | null;
}

/** All SQL statements on passwords. */
@Injectable()
export class PasswordCredentialsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns the user with an address and their password hash, in one statement; null if no account has the address. */
  async findByEmail(email: string): Promise<UserWithHash | null> {
    return this.find('owner.email = :email', { email });
  }

  /** Returns the same by the user's id. */
  async findByUserId(userId: string): Promise<UserWithHash | null> {
    return this.find('owner.id = :userId', { userId });
  }

  /** Whether a user has a password. */
  async exists(userId: string): Promise<boolean> {
    return onDatabase(() => this.dataSource.manager.existsBy(PasswordCredential, { userId }));
  }

  /** Whether a user's password still has this hash. */
  async hasHash(tx: Transaction, userId: string, hash: string): Promise<boolean> {
    return tx.existsBy(PasswordCredential, { userId, hash });
  }

  /** Sets the password of a user, replacing any other. */
  async save(tx: Transaction, credential: PasswordCredential): Promise<void> {
    await tx.upsert(PasswordCredential, credential, ['userId']);
  }

  /** Stores the first password of a user; does nothing if the user does not exist. */
  async insertIfUserExists(
    tx: Transaction,
    { userId, hash, pepperId, changedAt }: PasswordCredential,
  ): Promise<void> {
    await tx.query(
      `INSERT INTO password_credentials (user_id, hash, pepper_id, changed_at)
       SELECT id, $2, $3, $4 FROM users WHERE id = $1`,
      [userId, hash, pepperId, changedAt],
    );
  }

  /** Takes a user's password away; nothing that they type is right until they get another. */
  async delete(tx: Transaction, userId: string): Promise<void> {
    await tx.delete(PasswordCredential, { userId });
  }

  /** Replaces the hash of the same password. */
  async rehash(tx: Transaction, userId: string, hash: string, pepperId: string): Promise<void> {
    await tx.update(PasswordCredential, { userId }, { hash, pepperId });
  }

  private find(
    condition: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<UserWithHash | null> {
    return onDatabase(async () => {
      const { entities, raw } = await this.dataSource
        .createQueryBuilder(User, 'owner')
        .leftJoin(PasswordCredential, 'credential', 'credential.userId = owner.id')
        .addSelect('credential.hash', 'hash')
        .where(condition, parameters)
        .getRawAndEntities<{ hash: string | null }>();
      const [user] = entities;
      return user ? { user, hash: raw[0]?.hash ?? null } : null;
    });
  }
}
