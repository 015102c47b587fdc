import { Injectable } from '@nestjs/common';
import { NewPassword } from '../../auth/credentials/passwords/new-password.js';
import { AccountCreation } from '../../auth/account-creation.js';
import { LOCALES } from '../../platform/access/locale.js';
import { type Role, ROLES } from '../../platform/access/principal.js';
import { Randomness } from '../../platform/crypto/randomness.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { profileOf } from '../../users/profile.js';
import { UsersRepository } from '../../users/users.repository.js';
import { TestCredentials, type WantedCredentials } from './test-credentials.js';
import type { TestUserDto } from './test-users.dto.js';

/** The people to make. */
export interface Wanted extends WantedCredentials {
  readonly email: string | undefined;
  readonly password: string | undefined;
  readonly verified: boolean;
  readonly roles: readonly Role[];
  readonly count: number;
}

interface Account {
  readonly email: string;
  readonly password: string;
  readonly hash: string;
}

/** Makes people for tests, by the same way as a registration. */
@Injectable()
export class TestUsers {
  constructor(
    private readonly passwords: NewPassword,
    private readonly creation: AccountCreation,
    private readonly credentials: TestCredentials,
    private readonly users: UsersRepository,
    private readonly transactions: TransactionRunner,
    private readonly randomness: Randomness,
  ) {}

  /** Makes all of them or none. Throws `email_taken`. */
  async make({ email, password, count, ...wanted }: Wanted, origin: Origin): Promise<TestUserDto[]> {
    const accounts: Account[] = [];
    for (let index = 0; index < count; index += 1) {
      const chosen = password ?? this.random();
      const hash = await this.passwords.hash(chosen);
      accounts.push({
        email: email ?? `${this.random().toLowerCase()}@example.test`,
        password: chosen,
        hash,
      });
    }
    return this.transactions.run(async (tx) => {
      const items: TestUserDto[] = [];
      for (const account of accounts) items.push(await this.create(tx, account, wanted, origin));
      return items;
    });
  }

  private async create(
    tx: Transaction,
    { email, password, hash }: Account,
    { verified, roles, ...wanted }: Omit<Wanted, 'email' | 'password' | 'count'>,
    origin: Origin,
  ): Promise<TestUserDto> {
    const all = ROLES.filter((role) => role === 'user' || roles.includes(role));
    const account = { email, displayName: null, roles: all, locale: LOCALES[0] };
    const created = await this.creation.create(tx, account, hash, origin);
    const user = Object.assign(created, { emailVerified: verified });
    if (verified) await this.users.update(tx, user.id, { emailVerified: true });
    const profile = profileOf(user);
    return {
      user: { ...profile, roles: [...profile.roles] },
      password,
      ...(await this.credentials.give(tx, user, wanted, origin)),
    };
  }

  /** 120 bits, which fit a local part. */
  private random(): string {
    return this.randomness.bytes(15).toString('hex');
  }
}
