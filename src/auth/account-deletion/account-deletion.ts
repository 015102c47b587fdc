import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Erasures } from '../../audit/erasure/erasures.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SessionRevocation } from '../../sessions/revocation/session-revocation.js';
import type { User } from '../../users/user.entity.js';
import { UsersErrors } from '../../users/users.errors.js';
import { UsersRepository } from '../../users/users.repository.js';
import { AccountTraces } from './account-traces.js';
import { DeletionNotice } from './deletion-notice.js';

/** Deletes accounts, whoever asks for it: the owner, an administrator, or an operator. */
@Injectable()
export class AccountDeletion {
  constructor(
    private readonly users: UsersRepository,
    private readonly revocation: SessionRevocation,
    private readonly traces: AccountTraces,
    private readonly notice: DeletionNotice,
    private readonly audit: AuditService,
    private readonly erasures: Erasures,
  ) {}

  /**
   * Deletes an account with everything that belongs to it, and requests the erasure of its person from the trail. The
   * caller holds the lock on roles and then the one on the account. Throws `last_administrator`.
   */
  async delete(tx: Transaction, user: User, origin: Origin): Promise<void> {
    await this.revocation.endAllOfUser(tx, user.id, 'account_deleted', origin);
    await this.traces.remove(tx, user);
    await this.notice.send(tx, user);
    if (!(await this.users.deleteUnlessLastAdministrator(tx, user.id)))
      throw new Problem(UsersErrors.last_administrator);
    const event = { outcome: 'success' as const, userId: user.id, origin, details: {} };
    await this.audit.record(tx, { type: 'user_deleted', ...event });
    await this.erasures.request(tx, user.id, origin.actor ?? null);
  }
}
