import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ArrayContains, Repository } from 'typeorm';
import type { Role } from '../platform/access/principal.js';
import { onDatabase, violatedUnique } from '../platform/database/database-problem.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import { Problem } from '../platform/errors/problem.js';
import { User } from './user.entity.js';
import { UsersErrors } from './users.errors.js';

/** True of a row unless it is the last administrator who can sign in. */
const IS_NOT_THE_LAST_ADMINISTRATOR = `('admin' <> ALL (users.roles) OR users.disabled_at IS NOT NULL OR EXISTS (
  SELECT FROM users other WHERE other.id <> users.id AND 'admin' = ANY (other.roles) AND other.disabled_at IS NULL))`;

/** Any number that nothing else locks. */
const ROLES_LOCK = 0x726f6c65;

/** Which accounts to list; members that are absent do not restrict. */
export interface AccountSearch {
  /** Beginning of the e-mail address or of the display name, without regard to case. */
  readonly search?: string;
  readonly role?: Role;
  /** The id after which the page begins. */
  readonly after?: string;
  readonly limit: number;
}

/** Every statement over accounts. */
@Injectable()
export class UsersRepository {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  async findById(id: string): Promise<User | null> {
    return onDatabase(() => this.users.findOneBy({ id }));
  }

  async findByEmail(email: string): Promise<User | null> {
    return onDatabase(() => this.users.findOneBy({ email }));
  }

  /** Reads an account and keeps others from changing it until the transaction ends. */
  async lock(tx: Transaction, id: string): Promise<User | null> {
    return tx.findOne(User, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** Throws `email_taken` when the address belongs to an account already, also to one created at the same moment. */
  async insert(tx: Transaction, user: User): Promise<void> {
    try {
      await tx.insert(User, user);
    } catch (error) {
      if (violatedUnique(error) === 'users_email_key') throw new Problem(UsersErrors.email_taken);
      throw error;
    }
  }

  async update(tx: Transaction, id: string, changes: Partial<User>): Promise<void> {
    await tx.update(User, { id }, changes);
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.delete(User, { id });
  }

  /**
   * Changes an account unless it is the last administrator who can sign in; returns whether it did. Of two callers at
   * the same moment each would see the other's account, so both need {@link lockRoles}.
   */
  async updateUnlessLastAdministrator(tx: Transaction, id: string, changes: Partial<User>): Promise<boolean> {
    const query = tx.createQueryBuilder().update(User).set(changes).where({ id });
    const { affected } = await query.andWhere(IS_NOT_THE_LAST_ADMINISTRATOR).execute();
    return affected === 1;
  }

  /** Removes an account under the same condition; returns whether it did. */
  async deleteUnlessLastAdministrator(tx: Transaction, id: string): Promise<boolean> {
    const query = tx.createQueryBuilder().delete().from(User).where({ id });
    const { affected } = await query.andWhere(IS_NOT_THE_LAST_ADMINISTRATOR).execute();
    return affected === 1;
  }

  /** One page of accounts in the order of their ids, which is nearly that of their creation. */
  async page({ search, role, after, limit }: AccountSearch): Promise<User[]> {
    const query = this.users.createQueryBuilder('user').orderBy('user.id').limit(limit);
    if (search !== undefined) {
      const prefix = `${search.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
      query.andWhere('(user.email LIKE :prefix OR lower(user.displayName) LIKE :prefix)', { prefix });
    }
    if (role !== undefined) query.andWhere('user.roles @> ARRAY[:role]', { role });
    if (after !== undefined) query.andWhere('user.id > :after', { after });
    return onDatabase(() => query.getMany());
  }

  async lockByEmail(tx: Transaction, email: string): Promise<User | null> {
    return tx.findOne(User, { where: { email }, lock: { mode: 'pessimistic_write' } });
  }

  async someoneHas(role: Role, tx: Transaction = this.users.manager): Promise<boolean> {
    return onDatabase(() => tx.existsBy(User, { roles: ArrayContains([role]) }));
  }

  /** Lets one instance at a time decide who gets a role, until the transaction ends. */
  async lockRoles(tx: Transaction): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ROLES_LOCK]);
  }
}
