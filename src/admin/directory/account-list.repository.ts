import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { Role } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import { databaseTime } from '../../platform/database/database-time.js';
import { GuessingRules } from '../../rate-limit/guessing/guessing-rules.js';
import { isWaiting } from '../../rate-limit/guessing/running-wait.js';
import { User } from '../../users/user.entity.js';
import type { AccountStatus } from './account-status.js';

/** Which accounts to list; absent members do not restrict the list. */
export interface AccountFilter {
  /** Prefix of the e-mail address or the display name, case-insensitive. */
  readonly search?: string;
  readonly role?: Role;
  readonly status?: AccountStatus;
}

/** A place in the list: the part of a search, and the key and the id within it. */
export interface AccountPlace {
  /** 0: in a search, the accounts whose address matches; otherwise all. 1: those of which only the name matches. */
  readonly part: 0 | 1;
  /** Address or folded name in a search; otherwise empty. */
  readonly key: string;
  readonly id: string;
}

/** An account in a list, and its place. */
interface ListedAccount {
  readonly user: User;
  readonly place: AccountPlace;
}

/** A part of the list. */
interface ListedAccounts {
  /** Fewer than there were places if accounts were deleted meanwhile. */
  readonly accounts: readonly ListedAccount[];
  /** The last place that was read, after which the list continues; null at its end. */
  readonly end: AccountPlace | null;
}

/** Must be the expression of `users_standing_idx`, or that index cannot be used. */
const STANDING = `CASE
  WHEN disabled_at IS NOT NULL THEN 'disabled'
  WHEN invited_at IS NOT NULL THEN 'invited'
  WHEN email_verified THEN 'active'
  ELSE 'unverified' END`;

/** The expressions of `users_email_prefix_idx` and `users_name_prefix_idx`. */
const EMAIL = 'email COLLATE "C"';
const NAME = 'lower(display_name) COLLATE "C"';

/** Everybody has the role `user`. The conditions are those of the indexes. */
const WITH_ROLE: Readonly<Record<Role, string | null>> = {
  user: null,
  auditor: `'auditor' = ANY (roles)`,
  admin: `'admin' = ANY (roles)`,
};

/**
 * SQL for the list of accounts. Without a search it is ordered by id, which is close to the order of creation; a search is
 * ordered by what matches. So each page is the next part of an index, however many accounts come before it or match.
 */
@Injectable()
export class AccountListRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly guessing: GuessingRules,
  ) {}

  /**
   * Returns the next accounts after a place. Status `locked` depends on keyed digests of addresses and other statuses on its
   * absence, which SQL cannot compute: callers check the status of what this returns.
   */
  async page(filter: AccountFilter, after: AccountPlace | null, limit: number): Promise<ListedAccounts> {
    const parameters: unknown[] = [];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const where = this.conditions(filter);
    const statement =
      filter.search === undefined
        ? inOrder(where, after, limit, bind)
        : matching(filter.search, where, after, limit, bind);
    return onDatabase(async () => {
      const places = await this.dataSource.query<AccountPlace[]>(statement, parameters);
      const users = await this.dataSource.manager.findBy(User, { id: In(places.map(({ id }) => id)) });
      const byId = new Map(users.map((user) => [user.id, user]));
      const accounts = places.flatMap((place) => {
        const user = byId.get(place.id);
        return user ? [{ user, place }] : [];
      });
      return { accounts, end: places.length === limit ? places.at(-1)! : null };
    });
  }

  private conditions({ role, status }: AccountFilter): string[] {
    const withRole = role === undefined ? null : WITH_ROLE[role];
    return [...(withRole === null ? [] : [withRole]), ...(status === undefined ? [] : [this.isOf(status)])];
  }

  private isOf(status: AccountStatus): string {
    if (status !== 'locked') return `${STANDING} = '${status}'`;
    return `disabled_at IS NULL AND id IN (
      SELECT user_id FROM login_failures WHERE device_id = '' AND failures >= ${this.guessing.closedAt}
      UNION ALL
      SELECT user_id FROM login_failures
      WHERE device_id = '' AND ${isWaiting(databaseTime(this.clock, 'now()'), this.guessing)})`;
  }
}

type Bind = (value: unknown) => string;

function inOrder(where: readonly string[], after: AccountPlace | null, limit: number, bind: Bind): string {
  const conditions = after === null ? where : [...where, `id > ${bind(after.id)}`];
  const condition = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  return `SELECT 0 AS part, '' AS key, id FROM users ${condition} ORDER BY id LIMIT ${bind(limit)}`;
}

function matching(
  search: string,
  where: readonly string[],
  after: AccountPlace | null,
  limit: number,
  bind: Bind,
): string {
  const count = bind(limit);
  // Addresses are stored in lower case; names are folded by PostgreSQL on both sides.
  const isAddress = `${EMAIL} LIKE ${bind(prefix(search.toLowerCase()))}`;
  const part = (number: 0 | 1, key: string, conditions: readonly string[]) => {
    const rest =
      after?.part === number ? [`(${key}, id) > (${bind(after.key)} COLLATE "C", ${bind(after.id)})`] : [];
    return `(SELECT ${number} AS part, ${key} AS key, id FROM users
      WHERE ${[...conditions, ...where, ...rest].join(' AND ')} ORDER BY ${key}, id LIMIT ${count})`;
  };
  const isName = `${NAME} LIKE lower(${bind(prefix(search))})`;
  const byName = part(1, NAME, ['display_name IS NOT NULL', isName, `NOT (${isAddress})`]);
  if (after?.part === 1) return byName;
  return `SELECT * FROM (${part(0, EMAIL, [isAddress])} UNION ALL ${byName}) AS found
    ORDER BY part, key COLLATE "C", id LIMIT ${count}`;
}

/** Returns a pattern of LIKE for texts that begin with the given one; its wildcards mean themselves. */
const prefix = (text: string) => `${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
