import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { RecentProof } from '../recent/recent-proof.js';
import { SessionErrors } from '../session.errors.js';
import type { Session } from '../session.entity.js';
import { OwnSessions } from './own-sessions.js';

/** The session in which a request was made. */
type Caller = Pick<SessionPrincipal, 'userId' | 'sessionId'>;

/** What happens under the locks of an account and of a session. */
type Work<T> = (tx: Transaction, user: User, session: Session) => Promise<T>;

/** The account of a caller, locked while what gives access to it changes. */
@Injectable()
export class CallerAccount {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: OwnSessions,
    private readonly recent: RecentProof,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Runs work in a transaction that holds the locks of the account and of the caller's session. Throws `session_ended` if
   * the session has ended since the guard let the request pass: what the work creates may outlive sessions.
   */
  async locked<T>(caller: Caller, work: Work<T>): Promise<T> {
    return this.transactions.run(async (tx) => {
      const user = await this.users.lock(tx, caller.userId);
      if (!user) throw new Problem(SessionErrors.session_ended);
      return work(tx, user, await this.sessions.lockLive(tx, caller));
    });
  }

  /**
   * Does what {@link locked} does, for routes that require a recent proof. Throws `insufficient_user_authentication` if the
   * session no longer has one, because what the request waited for has taken it.
   */
  async lockedIfRecent<T>(caller: Caller, work: Work<T>): Promise<T> {
    return this.locked(caller, async (tx, user, session) => {
      await this.recent.assertHolds(tx, session);
      return work(tx, user, session);
    });
  }
}
