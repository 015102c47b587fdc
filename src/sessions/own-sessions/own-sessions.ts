import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { isUuid } from '../../platform/crypto/uuid.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { UsersService } from '../../users/users.service.js';
import { liveOwnerOf } from '../live-session.js';
import { SessionRevocation } from '../revocation/session-revocation.js';
import { SessionErrors } from '../session.errors.js';
import type { Session } from '../session.entity.js';
import { allBut, type SessionSelector, SessionsRepository } from '../sessions.repository.js';

/** The session from which the caller lists and ends sessions. */
type Caller = Pick<SessionPrincipal, 'userId' | 'sessionId'>;

/** The sessions of a user, as seen and managed by that user. */
@Injectable()
export class OwnSessions {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly revocation: SessionRevocation,
    private readonly users: UsersService,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /** Returns the live sessions, newest first. */
  async list({ userId }: Pick<Caller, 'userId'>): Promise<Session[]> {
    return this.sessions.findLiveOfUser(userId, this.clock.now());
  }

  /** Ends one session. Throws `not_found` if it has ended, belongs to another account or does not exist. */
  async end(caller: Caller, id: string, origin: Origin): Promise<void> {
    if (!isUuid(id)) throw new Problem(PlatformErrors.not_found);
    const { userId } = caller;
    const ended = await this.transactions.run((tx) => this.endSome(tx, caller, { id, userId }, origin));
    if (ended === 0) throw new Problem(PlatformErrors.not_found);
  }

  /** Ends all sessions except the caller's. */
  async endOthers(caller: Caller, origin: Origin): Promise<void> {
    const others = allBut(caller.sessionId, caller.userId);
    await this.transactions.run((tx) => this.endSome(tx, caller, others, origin));
  }

  /** Reads the caller's session and locks its row. Throws `session_ended`. The account is locked before, as everywhere. */
  async lockLive(tx: Transaction, { userId, sessionId }: Caller): Promise<Session> {
    const locked = await this.sessions.lock(tx, sessionId);
    if (!locked || liveOwnerOf(locked, this.clock.now())?.id !== userId)
      throw new Problem(SessionErrors.session_ended);
    return locked.session;
  }

  /**
   * Runs under the lock of the account. If an owner and an intruder end each other's sessions at the same moment, the
   * first one wins: the other's session has ended by then, so its request throws `session_ended`.
   */
  private async endSome(
    tx: Transaction,
    { userId, sessionId: by }: Caller,
    which: SessionSelector,
    origin: Origin,
  ): Promise<number> {
    await this.users.lock(tx, userId);
    await this.lockLive(tx, { userId, sessionId: by });
    return this.revocation.endSome(tx, which, { reason: 'ended_by_user', by, origin });
  }
}
