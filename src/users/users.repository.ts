import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ArrayContains, In, Repository } from 'typeorm';
import type { Role } from '../platform/access/principal.js';
import { ADVISORY_LOCKS } from '../platform/database/advisory-locks.js';
import { onDatabase, violatedUnique } from '../platform/database/database-problem.js';
import { entityColumns, entityFrom } from '../platform/database/entity-columns.js';
import { prepared } from '../platform/database/prepared-statements.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import { Problem } from '../platform/errors/problem.js';
import { User } from './user.entity.js';
import { UsersErrors } from './users.errors.js';

/** SQL condition: true for a row unless it is the last administrator who can sign in. */
const IS_NOT_THE_LAST_ADMINISTRATOR = `('admin' <> ALL (users.roles) OR users.disabled_at IS NOT NULL OR users.invited_at IS NOT NULL
  OR EXISTS (SELECT FROM users other WHERE other.id <> users.id
    AND 'admin' = ANY (other.roles) AND other.disabled_at IS NULL AND other.invited_at IS NULL))`;

const NOTE_LOGIN = prepared(
  'UPDATE users SET last_login_at = $2, first_login_at = coalesce(first_login_at, $2) WHERE id = $1',
);

const ID_BY_EMAIL = prepared('SELECT id FROM users WHERE email = $1');

/** SQL for accounts. */
@Injectable()
export class UsersRepository {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  async findById(id: string, tx: Transaction = this.users.manager): Promise<User | null> {
    return onDatabase(() => tx.findOneBy(User, { id }));
  }

  async findByIds(ids: readonly string[], tx: Transaction): Promise<User[]> {
    return tx.findBy(User, { id: In([...ids]) });
  }

  async findByEmail(email: string, tx: Transaction = this.users.manager): Promise<User | null> {
    return onDatabase(() => tx.findOneBy(User, { email }));
  }

  async idByEmail(email: string): Promise<string | null> {
    const [row] = await onDatabase(() => this.users.query<{ id: string }[]>(ID_BY_EMAIL, [email]));
    return row?.id ?? null;
  }

  /** Reads an account and locks its row until the transaction ends. */
  lock(tx: Transaction, id: string): Promise<User | null> {
    return findLocked(tx, id, 'FOR UPDATE');
  }

  /** Reads an account and keeps its row from changing until the transaction ends. */
  share(tx: Transaction, id: string): Promise<User | null> {
    return findLocked(tx, id, 'FOR SHARE');
  }

  /** Inserts an account. Throws `email_taken` when the address is in use, also by an account created concurrently. */
  async insert(tx: Transaction, user: User): Promise<void> {
    await refusingTaken(() => tx.insert(User, user));
  }

  /** Inserts an account unless its address is taken; returns whether it was inserted. */
  async insertUnlessTaken(tx: Transaction, user: User): Promise<boolean> {
    const insert = tx.createQueryBuilder().insert().into(User).values(user).orIgnore().returning('id');
    const { raw } = await insert.execute();
    return (raw as unknown[]).length > 0;
  }

  /** Inserts accounts, except those whose address or id is taken; returns the ids of those that were inserted. */
  async insertAll(tx: Transaction, users: readonly User[]): Promise<Set<string>> {
    if (users.length === 0) return new Set();
    // The plans of the triggers must follow the size of the table, which was empty when they were made.
    await tx.query('SET LOCAL plan_cache_mode = force_custom_plan');
    const insert = tx
      .createQueryBuilder()
      .insert()
      .into(User)
      .values([...users]);
    const { raw } = await insert.orIgnore().returning('id').updateEntity(false).execute();
    return new Set((raw as { id: string }[]).map(({ id }) => id));
  }

  async update(tx: Transaction, id: string, changes: Partial<User>): Promise<void> {
    await tx.update(User, { id }, changes);
  }

  /** Gives an account another address. Throws `email_taken` as {@link insert} does. */
  async changeEmail(tx: Transaction, id: string, changes: Partial<User>): Promise<void> {
    await refusingTaken(() => this.update(tx, id, changes));
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.delete(User, { id });
  }

  /**
   * Changes an account unless it is the last administrator who can sign in; returns whether it did. Callers must hold
   * {@link lockRoles}: without it, two concurrent callers would each still see the other's account.
   */
  async updateUnlessLastAdministrator(tx: Transaction, id: string, changes: Partial<User>): Promise<boolean> {
    const query = tx.createQueryBuilder().update(User).set(changes).where({ id });
    const { affected } = await query.andWhere(IS_NOT_THE_LAST_ADMINISTRATOR).execute();
    return affected === 1;
  }

  /** Deletes an account under the same condition; returns whether it did. */
  async deleteUnlessLastAdministrator(tx: Transaction, id: string): Promise<boolean> {
    const query = tx.createQueryBuilder().delete().from(User).where({ id });
    const { affected } = await query.andWhere(IS_NOT_THE_LAST_ADMINISTRATOR).execute();
    return affected === 1;
  }

  /** Stores the time of a login, also as that of the first login if there was none. */
  async noteLogin(tx: Transaction, id: string, at: Date): Promise<void> {
    await tx.query(NOTE_LOGIN, [id, at]);
  }

  /** Reads an account that is named by its id or its canonical e-mail address, and locks its row as {@link lock} does. */
  async lockByName(tx: Transaction, name: string): Promise<User | null> {
    const where = name.includes('@') ? { email: name } : { id: name };
    return tx.findOne(User, { where, lock: { mode: 'pessimistic_write' } });
  }

  async someoneHas(role: Role, tx: Transaction = this.users.manager): Promise<boolean> {
    return onDatabase(() => tx.existsBy(User, { roles: ArrayContains([role]) }));
  }

  /** Serializes changes of roles across instances until the transaction ends. */
  async lockRoles(tx: Transaction): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.roles]);
  }
}

async function findLocked(
  tx: Transaction,
  id: string,
  lock: 'FOR UPDATE' | 'FOR SHARE',
): Promise<User | null> {
  const columns = entityColumns(tx.connection, User, 'owner');
  const text = prepared(`SELECT ${columns} FROM users AS owner WHERE id = $1 ${lock}`);
  const [row] = await tx.query<Record<string, unknown>[]>(text, [id]);
  return row ? entityFrom(row, User, 'owner') : null;
}

async function refusingTaken(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (violatedUnique(error) === 'users_email_key') throw new Problem(UsersErrors.email_taken);
    throw error;
  }
}
