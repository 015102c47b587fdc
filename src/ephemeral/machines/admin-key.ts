import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ServiceAccountKeys } from '../../machines/accounts/service-account-keys.js';
import { ServiceAccounts } from '../../machines/accounts/service-accounts.js';
import type { ApiKey } from '../../machines/keys/api-key.entity.js';
import type { ServiceAccount } from '../../machines/service-account.entity.js';
import { untilAvailable } from '../../platform/database/until-available.js';
import { internalOrigin } from '../../platform/http/origin.js';
import { EveryScope } from './every-scope.js';
import { StartLine } from './start-line.js';

/** A century: longer than any test moves the clock. */
const LIFETIME_DAYS = 36_525;

/**
 * Makes a service account at the start, whose key may do whatever a key can. If PostgreSQL commits but does not answer in
 * time, a second one is made, and the first is of no use to anybody.
 */
@Injectable()
export class AdminKey implements OnApplicationBootstrap {
  private made: { readonly account: ServiceAccount; readonly key: ApiKey } | null = null;

  constructor(
    private readonly accounts: ServiceAccounts,
    private readonly keys: ServiceAccountKeys,
    private readonly scopes: EveryScope,
    private readonly line: StartLine,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const origin = internalOrigin('start');
    const scopes = this.scopes.all;
    const account = await untilAvailable(() => this.accounts.create({ name: 'Tests', scopes }, origin));
    const description = { name: 'adminKey', scopes, lifetimeDays: LIFETIME_DAYS };
    const { key, text } = await untilAvailable(() => this.keys.create(account.id, description, origin));
    this.made = { account, key };
    this.line.adminKey = text;
  }

  /** The account and its key as they were made. Throws an Error before the service is ready. */
  get original(): { readonly account: ServiceAccount; readonly key: ApiKey } {
    if (!this.made) throw new Error('The service account of tests has not been made yet.');
    return this.made;
  }
}
