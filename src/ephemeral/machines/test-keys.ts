import { Injectable } from '@nestjs/common';
import { KeyLifecycle } from '../../machines/keys/key-lifecycle.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import { EveryScope } from './every-scope.js';

const LIFETIME_DAYS = 366;

/** Gives people of tests an API key. No mail is sent. */
@Injectable()
export class TestKeys {
  constructor(
    private readonly keys: KeyLifecycle,
    private readonly scopes: EveryScope,
  ) {}

  /** Returns a new key with every scope that the person's roles may use. */
  async issue(tx: Transaction, { id, roles }: User, origin: Origin): Promise<string> {
    const description = { name: 'Test', scopes: this.scopes.of(roles), lifetimeDays: LIFETIME_DAYS };
    const { text } = await this.keys.create(tx, { kind: 'user', id }, description, origin);
    return text;
  }
}
