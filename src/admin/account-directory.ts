import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Profile } from '../platform/access/profile.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import { AccountGuessing } from '../rate-limit/guessing/account-guessing.js';
import { profileOf } from '../users/profile.js';
import type { User } from '../users/user.entity.js';
import { type AccountSearch, UsersRepository } from '../users/users.repository.js';

/** Statuses of an account. The first that applies is reported, in the order disabled, locked, unverified, active. */
export const ACCOUNT_STATUSES = ['active', 'unverified', 'locked', 'disabled'] as const;

/** One of {@link ACCOUNT_STATUSES}. `locked`: logins from unknown devices are refused after too many failures. */
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

/** An account as shown to an administrator, without secrets. */
export interface AccountView extends Profile {
  readonly status: AccountStatus;
  /** RFC 3339, UTC; null while the account is enabled. */
  readonly disabledAt: string | null;
  /** RFC 3339, UTC; null if the account is not locked, or if it stays locked until someone unlocks it. */
  readonly lockedUntil: string | null;
}

const PAGE = 200;

/** Reads accounts for administrators and operators. */
@Injectable()
export class AccountDirectory {
  constructor(
    private readonly users: UsersRepository,
    private readonly guessing: AccountGuessing,
    private readonly audit: AuditService,
  ) {}

  /** Returns one account by its id or canonical e-mail address. Throws `not_found`. */
  async show(who: string): Promise<AccountView> {
    const user = await (who.includes('@') ? this.users.findByEmail(who) : this.users.findById(who));
    if (!user) throw new Problem(PlatformErrors.not_found);
    const [view] = await this.viewsOf([user]);
    return view!;
  }

  /** Yields at most `limit` accounts ordered by id, read page by page. */
  async *list(
    query: Omit<AccountSearch, 'after'> & { readonly status?: AccountStatus },
  ): AsyncGenerator<AccountView, void> {
    const { status, limit, ...search } = query;
    let left = limit;
    let after: string | undefined;
    while (left > 0) {
      const page = await this.users.page({ ...search, ...(after !== undefined && { after }), limit: PAGE });
      for (const view of await this.viewsOf(page)) {
        if (left === 0 || (status !== undefined && view.status !== status)) continue;
        left -= 1;
        yield view;
      }
      if (page.length < PAGE) return;
      after = page.at(-1)!.id;
    }
  }

  private async viewsOf(users: readonly User[]): Promise<AccountView[]> {
    const digests = new Map(users.map(({ id, email }) => [id, this.audit.emailDigest(email)]));
    const locks = await this.guessing.locksOf([...digests.values()]);
    const lockOf = new Map(locks.map((lock) => [lock.emailDigest, lock]));
    return users.map((user) => {
      const lock = lockOf.get(digests.get(user.id)!);
      return {
        ...profileOf(user),
        status: statusOf(user, lock !== undefined),
        disabledAt: user.disabledAt?.toISOString() ?? null,
        lockedUntil: lock?.until?.toISOString() ?? null,
      };
    });
  }
}

function statusOf({ disabledAt, emailVerified }: User, isLocked: boolean): AccountStatus {
  if (disabledAt !== null) return 'disabled';
  if (isLocked) return 'locked';
  return emailVerified ? 'active' : 'unverified';
}
