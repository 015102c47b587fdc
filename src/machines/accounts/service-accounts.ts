import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { isUuid, UuidV7 } from '../../platform/crypto/uuid.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { unacceptable } from '../../platform/errors/unacceptable.js';
import type { Origin } from '../../platform/http/origin.js';
import { ActorRights } from '../actor-rights.js';
import { ServiceAccountChanges } from './service-account-changes.js';
import { ServiceAccount } from '../service-account.entity.js';
import { ServiceAccountsRepository } from './service-accounts.repository.js';

/** The members of a service account that can be changed; absent ones stay as they are. */
export interface ServiceAccountUpdate {
  readonly name?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly disabled?: boolean | undefined;
}

/** Creates, changes and deletes service accounts. The origin names the administrator. */
@Injectable()
export class ServiceAccounts {
  constructor(
    private readonly accounts: ServiceAccountsRepository,
    private readonly changes: ServiceAccountChanges,
    private readonly actors: ActorRights,
    private readonly transactions: TransactionRunner,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  async create(
    { name, scopes }: { readonly name: string; readonly scopes: readonly string[] },
    origin: Origin,
  ): Promise<ServiceAccount> {
    const account = Object.assign(new ServiceAccount(), {
      id: this.ids.next(),
      name,
      scopes: [...scopes],
      disabledAt: null,
      createdAt: this.clock.now(),
    } satisfies ServiceAccount);
    return this.transactions.run(async (tx) => {
      await this.actors.assertHeld(tx, origin, null);
      await this.changes.create(tx, account, origin);
      return account;
    });
  }

  /** Throws `not_found`. */
  async get(id: string): Promise<ServiceAccount> {
    const account = isUuid(id) ? await this.accounts.findById(id) : null;
    if (!account) throw new Problem(PlatformErrors.not_found);
    return account;
  }

  /** Returns a page, newest first, and the cursor of the next one. Throws `validation_failed` for an invalid cursor. */
  async page(cursor: string | undefined, limit: number) {
    if (cursor !== undefined && !isUuid(cursor))
      throw unacceptable('#/cursor', 'cursor must be that of a page');
    const found = await this.accounts.page(cursor ?? null, limit + 1);
    const items = found.slice(0, limit);
    return { items, nextCursor: found.length > limit ? items.at(-1)!.id : null };
  }

  /** Changes an account. A change without effect records nothing. Throws `not_found`. */
  async update(id: string, wanted: ServiceAccountUpdate, origin: Origin): Promise<ServiceAccount> {
    return this.locked(id, origin, async (tx, account) => {
      const disabledAt =
        wanted.disabled === undefined || wanted.disabled === (account.disabledAt !== null)
          ? account.disabledAt
          : wanted.disabled
            ? this.clock.now()
            : null;
      const name = wanted.name ?? account.name;
      const scopes = [...(wanted.scopes ?? account.scopes)];
      const changed = Object.assign(new ServiceAccount(), account, { name, scopes, disabledAt });
      await this.changes.apply(tx, account, changed, origin);
      return changed;
    });
  }

  /** Deletes an account and its keys. Throws `not_found`. */
  async delete(id: string, origin: Origin): Promise<void> {
    await this.locked(id, origin, (tx, account) => this.changes.delete(tx, account, origin));
  }

  /** Runs a change under the lock of the account's row. Throws `not_found`, and what {@link ActorRights} throws. */
  async locked<T>(
    id: string,
    origin: Origin,
    work: (tx: Transaction, account: ServiceAccount) => Promise<T>,
  ): Promise<T> {
    if (!isUuid(id)) throw new Problem(PlatformErrors.not_found);
    return this.transactions.run(async (tx) => {
      await this.actors.assertHeld(tx, origin, null);
      const account = await this.accounts.lock(tx, id);
      if (!account) throw new Problem(PlatformErrors.not_found);
      return work(tx, account);
    });
  }
}
