import { Injectable } from '@nestjs/common';
import { PasswordCredentialsRepository } from '../../auth/credentials/passwords/password-credentials.repository.js';
import { storedForeignHash } from '../../auth/credentials/passwords/foreign/foreign-hashes.js';
import type { StoredHash } from '../../auth/credentials/passwords/stored-hash.js';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { User } from '../../users/user.entity.js';
import { UsersRepository } from '../../users/users.repository.js';
import type { NumberedRow } from './import-row.js';
import { ImportedFactors } from './imported-factors.js';
import type { ImportedAccountDto } from './imported-account.dto.js';
import type { PreparedAccount } from './prepared-account.js';

/** Writes accounts of a file with their passwords and factors. */
@Injectable()
export class ImportedAccounts {
  constructor(
    private readonly users: UsersRepository,
    private readonly passwords: PasswordCredentialsRepository,
    private readonly factors: ImportedFactors,
    private readonly environment: Environment,
    private readonly clock: Clock,
    private readonly ids: UuidV7,
  ) {}

  /** Does the slow work that needs no transaction: wraps fast digests in slow hashes. */
  async prepare(rows: readonly NumberedRow[]): Promise<PreparedAccount[]> {
    return Promise.all(
      rows.map(async (row) => ({
        user: this.userOf(row.account),
        password: row.password && (await this.storedOf(row.password)),
        row,
      })),
    );
  }

  /** Writes accounts; returns those that were written. An address that got an account meanwhile is left out. */
  async insert(tx: Transaction, prepared: readonly PreparedAccount[]): Promise<User[]> {
    const written = await this.users.insertAll(
      tx,
      prepared.map(({ user }) => user),
    );
    const accounts = prepared.filter(({ user }) => written.has(user.id));
    if (accounts.length < written.size)
      throw new Error('accounts were written with other ids than those that were prepared');
    const changedAt = this.clock.now();
    await this.passwords.insertAll(
      tx,
      accounts.flatMap(({ user, password }) =>
        password === null ? [] : [{ userId: user.id, ...password, changedAt }],
      ),
    );
    await this.factors.insert(tx, accounts);
    return accounts.map(({ user }) => user);
  }

  private userOf(account: ImportedAccountDto): User {
    const now = this.clock.now();
    return Object.assign(new User(), {
      id: account.id ?? this.ids.next(),
      email: account.email,
      displayName: account.displayName ?? null,
      roles: [...new Set(['user' as const, ...(account.roles ?? [])])],
      locale: account.locale ?? 'en',
      emailVerified: account.emailVerified ?? false,
      disabledAt: account.disabled ? now : null,
      firstLoginAt: null,
      createdAt: account.createdAt === undefined ? now : new Date(account.createdAt),
      updatedAt: now,
    });
  }

  private async storedOf(password: NonNullable<NumberedRow['password']>): Promise<StoredHash> {
    if (password.kind === 'own') return { hash: password.hash, pepperId: password.pepperId };
    return { hash: await storedForeignHash(password, this.environment.BCRYPT_ROUNDS), pepperId: null };
  }
}
