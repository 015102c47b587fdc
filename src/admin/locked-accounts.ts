import { Injectable } from '@nestjs/common';
import { isUuid } from '../platform/crypto/uuid.js';
import { type Transaction, TransactionRunner } from '../platform/database/transaction-runner.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import type { Origin } from '../platform/http/origin.js';
import { ActorRights } from '../machines/actor-rights.js';
import { SessionErrors } from '../sessions/session.errors.js';
import type { User } from '../users/user.entity.js';
import { UsersRepository } from '../users/users.repository.js';
import { isByApiKey } from './by-api-key.js';

/** What is done to an account under its lock. */
export type Work<T> = (tx: Transaction, user: User) => Promise<T>;

/**
 * Runs changes of an account, given by its id or canonical e-mail address, in a transaction and under the lock of the
 * account. Throws `not_found`, `forbidden` for API keys, which never touch an account with a role beyond `user`, and what
 * {@link ActorRights} throws for administrators who have lost their rights.
 */
@Injectable()
export class LockedAccounts {
  constructor(
    private readonly users: UsersRepository,
    private readonly actors: ActorRights,
    private readonly transactions: TransactionRunner,
  ) {}

  async change<T>(who: string, origin: Origin, work: Work<T>): Promise<T> {
    return this.transactions.run((tx) => this.withLocked(tx, who, origin, work));
  }

  /** Runs the creation of an account. */
  async add<T>(origin: Origin, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.transactions.run(async (tx) => {
      await this.actors.assertHeld(tx, origin, null);
      return work(tx);
    });
  }

  /** Runs a change that might remove the last administrator. Serialized by a lock taken before the account's. */
  async changeAdministrators<T>(who: string, origin: Origin, work: Work<T>): Promise<T> {
    return this.transactions.run(async (tx) => {
      await this.users.lockRoles(tx);
      return this.withLocked(tx, who, origin, work);
    });
  }

  private async withLocked<T>(tx: Transaction, who: string, origin: Origin, work: Work<T>): Promise<T> {
    await this.actors.assertHeld(tx, origin, isUuid(who) ? who : null);
    const user = who.includes('@') || isUuid(who) ? await this.users.lockByName(tx, who) : null;
    if (!user) throw new Problem(PlatformErrors.not_found);
    if (isByApiKey(origin) && user.roles.some((role) => role !== 'user'))
      throw new Problem(SessionErrors.forbidden);
    return work(tx, user);
  }
}
