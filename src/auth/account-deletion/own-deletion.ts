import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { OwnSessions } from '../../sessions/own-sessions/own-sessions.js';
import { RecentProof } from '../../sessions/recent/recent-proof.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { UsersRepository } from '../../users/users.repository.js';
import { AccountDeletion } from './account-deletion.js';

/** Lets people delete their own account. */
@Injectable()
export class OwnDeletion {
  constructor(
    private readonly users: UsersRepository,
    private readonly sessions: OwnSessions,
    private readonly recent: RecentProof,
    private readonly deletion: AccountDeletion,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Of concurrent requests, one deletes the account. Throws `session_ended`, `insufficient_user_authentication` and
   * `last_administrator`.
   */
  async run(principal: SessionPrincipal, origin: Origin): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.users.lockRoles(tx);
      const user = await this.users.lock(tx, principal.userId);
      if (!user) throw new Problem(SessionErrors.session_ended);
      await this.recent.assertHolds(tx, await this.sessions.lockLive(tx, principal));
      await this.deletion.delete(tx, user, origin);
    });
  }
}
