import { Injectable } from '@nestjs/common';
import { storedForeignHash } from '../../auth/credentials/passwords/foreign/foreign-hashes.js';
import type { StoredHash } from '../../auth/credentials/passwords/stored-hash.js';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import { User } from '../../users/user.entity.js';
import type { NumberedRow } from './import-row.js';
import type { PreparedAccount } from './prepared-account.js';

/** Makes accounts of the rows of a file, which {@link ImportedAccounts} then writes. */
@Injectable()
export class AccountPreparation {
  constructor(
    private readonly environment: Environment,
    private readonly clock: Clock,
    private readonly ids: UuidV7,
  ) {}

  /** Does the slow work that needs no transaction: wraps fast digests in slow hashes. */
  async prepare(rows: readonly NumberedRow[]): Promise<PreparedAccount[]> {
    return Promise.all(
      rows.map(async (row) => ({
        user: this.userOf(row),
        password: row.password && (await this.storedOf(row.password)),
        row,
      })),
    );
  }

  private userOf({ account, password }: NumberedRow): User {
    const now = this.clock.now();
    const createdAt = account.createdAt === undefined ? now : new Date(account.createdAt);
    // Who has signed in elsewhere is known: their first login here is told as one from a new device.
    const wasUsed = password !== null || (account.passkeys?.length ?? 0) > 0;
    return Object.assign(new User(), {
      id: account.id ?? this.ids.next(),
      email: account.email,
      displayName: account.displayName ?? null,
      roles: [...new Set(['user' as const, ...(account.roles ?? [])])],
      locale: account.locale ?? 'en',
      emailVerified: account.emailVerified ?? false,
      disabledAt: account.disabled ? now : null,
      invitedAt: account.invited ? now : null,
      firstLoginAt: wasUsed ? createdAt : null,
      createdAt,
      updatedAt: now,
    });
  }

  private async storedOf(password: NonNullable<NumberedRow['password']>): Promise<StoredHash> {
    if (password.kind === 'own') return { hash: password.hash, pepperId: password.pepperId };
    return { hash: await storedForeignHash(password, this.environment.BCRYPT_ROUNDS), pepperId: null };
  }
}
