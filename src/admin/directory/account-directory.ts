import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Profile } from '../../platform/access/profile.js';
import { isUuid } from '../../platform/crypto/uuid.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { AccountGuessing } from '../../rate-limit/guessing/account-guessing.js';
import type { GuessingLock } from '../../rate-limit/guessing/login-failures.repository.js';
import { profileOf } from '../../users/profile.js';
import type { User } from '../../users/user.entity.js';
import { UsersRepository } from '../../users/users.repository.js';
import { AccountCursor } from './account-cursor.js';
import { AccountHoldings, type Holdings } from './account-holdings.js';
import { type AccountFilter, AccountListRepository } from './account-list.repository.js';
import { type AccountStatus, statusOf } from './account-status.js';

/** An account in a list. */
export interface AccountSummary extends Profile {
  readonly status: AccountStatus;
  /** RFC 3339, UTC; null before the first login. */
  readonly lastLoginAt: string | null;
}

/** An account as shown to an administrator, without secrets. */
export interface AccountView extends AccountSummary, Holdings {
  /** RFC 3339, UTC; null while the account is enabled. */
  readonly disabledAt: string | null;
  /** RFC 3339, UTC; null if the account is not locked, or if it stays locked until someone unlocks it. */
  readonly lockedUntil: string | null;
}

/** A page of accounts, and the cursor of the next one; null on the last page. */
export interface AccountListPage {
  readonly items: AccountSummary[];
  readonly nextCursor: string | null;
}

/** How many times a page reads on if accounts have another status than their row says; a page may be short after that. */
const MAX_READS = 5;

/** Reads accounts for administrators and operators. */
@Injectable()
export class AccountDirectory {
  constructor(
    private readonly users: UsersRepository,
    private readonly pages: AccountListRepository,
    private readonly cursors: AccountCursor,
    private readonly holdings: AccountHoldings,
    private readonly guessing: AccountGuessing,
    private readonly audit: AuditService,
  ) {}

  /** Returns one account by its id or canonical e-mail address. Throws `not_found`. */
  async show(who: string): Promise<AccountView> {
    const user = await this.find(who);
    if (!user) throw new Problem(PlatformErrors.not_found);
    const locks = await this.locksOf([user]);
    const lock = locks.get(user.id);
    return {
      ...summaryOf(user, lock),
      disabledAt: user.disabledAt?.toISOString() ?? null,
      lockedUntil: lock?.until?.toISOString() ?? null,
      ...(await this.holdings.of(user.id)),
    };
  }

  /** Returns a page of at most `limit` accounts. Throws `validation_failed` for a cursor of another list. */
  async page(filter: AccountFilter, limit: number, cursor?: string): Promise<AccountListPage> {
    let place = cursor === undefined ? null : this.cursors.placeOf(cursor, filter);
    const items: AccountSummary[] = [];
    for (let read = 0; read < MAX_READS; read += 1) {
      const { accounts, end } = await this.pages.page(filter, place, limit + 1);
      const locks = await this.locksOf(accounts.map(({ user }) => user));
      for (const { user, place: next } of accounts) {
        if (items.length === limit) return { items, nextCursor: this.cursors.after(place!, filter) };
        place = next;
        const summary = summaryOf(user, locks.get(user.id));
        if (filter.status === undefined || filter.status === summary.status) items.push(summary);
      }
      if (end === null) return { items, nextCursor: null };
      place = end;
    }
    return { items, nextCursor: this.cursors.after(place!, filter) };
  }

  private async find(who: string): Promise<User | null> {
    if (who.includes('@')) return this.users.findByEmail(who);
    return isUuid(who) ? this.users.findById(who) : null;
  }

  /** Returns the locks of those accounts that refuse guesses, by id. */
  private async locksOf(users: readonly User[]): Promise<Map<string, GuessingLock>> {
    const ids = new Map(users.map(({ id, email }) => [this.audit.emailDigest(email), id]));
    const locks = await this.guessing.locksOf([...ids.keys()]);
    return new Map(locks.map((lock) => [ids.get(lock.emailDigest)!, lock]));
  }
}

const summaryOf = (user: User, lock: GuessingLock | undefined): AccountSummary => ({
  ...profileOf(user),
  status: statusOf(user, lock !== undefined),
  lastLoginAt: user.lastLoginAt?.toISOString() ?? null,
});
