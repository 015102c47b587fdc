import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import type { Origin } from '../platform/http/origin.js';
import { SingleUseSecrets } from '../platform/secrets/single-use-secrets.js';
import { AccountGuessing } from '../rate-limit/guessing/account-guessing.js';
import { SessionRevocation } from '../sessions/revocation/session-revocation.js';
import type { User } from '../users/user.entity.js';
import { UsersRepository } from '../users/users.repository.js';
import { assertKept } from './account-changes.js';
import { AccountNotices } from './account-notices.js';

/** Deletes accounts. */
@Injectable()
export class AccountDeletion {
  constructor(
    private readonly users: UsersRepository,
    private readonly revocation: SessionRevocation,
    private readonly secrets: SingleUseSecrets,
    private readonly guessing: AccountGuessing,
    private readonly notices: AccountNotices,
    private readonly audit: AuditService,
  ) {}

  /**
   * Deletes an account that the caller has locked, with its sessions, credentials and secrets, and the count of guesses at its
   * address. The caller holds the lock on roles. Throws `last_administrator`.
   */
  async delete(tx: Transaction, user: User, origin: Origin): Promise<void> {
    await this.revocation.endAllOfUser(tx, user.id, 'account_deleted', origin);
    await this.notices.deleted(tx, user);
    await this.secrets.revokeAll(tx, user.id);
    assertKept(await this.users.deleteUnlessLastAdministrator(tx, user.id));
    await this.guessing.unlock(this.audit.emailDigest(user.email), tx);
    const event = { outcome: 'success' as const, userId: user.id, origin, details: {} };
    await this.audit.record(tx, { type: 'user_deleted', ...event });
  }
}
