import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import { TestKeys } from '../machines/test-keys.js';
import { TestFactors } from './test-factors.js';
import type { TestUserDto } from './test-users.dto.js';

/** What a person of a test has beside a password. */
export interface WantedCredentials {
  readonly totp: boolean;
  readonly apiKey: boolean;
}

/** Gives people of tests the credentials that they are to have. */
@Injectable()
export class TestCredentials {
  constructor(
    private readonly factors: TestFactors,
    private readonly keys: TestKeys,
  ) {}

  async give(
    tx: Transaction,
    user: User,
    { totp, apiKey }: WantedCredentials,
    origin: Origin,
  ): Promise<Pick<TestUserDto, 'totpSecret' | 'recoveryCodes' | 'apiKey'>> {
    const none = { totpSecret: null, recoveryCodes: null };
    return {
      ...(totp ? await this.factors.enrol(tx, user, origin) : none),
      apiKey: apiKey ? await this.keys.issue(tx, user, origin) : null,
    };
  }
}
