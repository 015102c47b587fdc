import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ArrayContains, Repository } from 'typeorm';
import type { Role } from '../platform/access/principal.js';
import { onDatabase, violatedUnique } from '../platform/database/database-problem.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import { Problem } from '../platform/errors/problem.js';
import { User } from './user.entity.js';
import { UsersErrors } from './users.errors.js';

/** Any number that nothing else locks. */
const ROLES_LOCK = 0x726f6c65;

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
