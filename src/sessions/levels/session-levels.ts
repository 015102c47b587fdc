import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { User } from '../../users/user.entity.js';
import { OwnSessions } from '../own-sessions/own-sessions.js';
import { type ProvenFactor, provenState } from '../proofs.js';
import { SessionsRepository } from '../sessions.repository.js';
import { AccessChanges } from '../revocation/access-changes.js';
import { SessionAnnouncement } from '../revocation/session-announcement.js';
import { SessionLevelsRepository, type WithdrawnFactor } from './session-levels.repository.js';

/**
 * Moves the level of sessions when the factors of their account change. Callers have locked the account. Routes that need
 * a recent proof read the level from PostgreSQL, so the change holds at once; tokens state it from the next refresh on, and
 * those of a higher level are refused by offline verifiers and the gateway. Access of other kinds is judged anew with a new
 * factor and without the last.
 */
@Injectable()
export class SessionLevels {
  constructor(
    private readonly own: OwnSessions,
    private readonly sessions: SessionsRepository,
    private readonly levels: SessionLevelsRepository,
    private readonly announcement: SessionAnnouncement,
    private readonly access: AccessChanges,
    private readonly clock: Clock,
  ) {}

  /** Adds a factor that was proven in the caller's session while it was enrolled. Throws `session_ended`. */
  async raise(
    tx: Transaction,
    user: Pick<User, 'id' | 'roles'>,
    caller: Pick<SessionPrincipal, 'userId' | 'sessionId'>,
    proven: ProvenFactor,
  ): Promise<void> {
    const session = await this.own.lockLive(tx, caller);
    await this.sessions.prove(tx, session, {
      ...provenState([proven], session),
      authTime: this.clock.now(),
    });
    await this.access.factorsChanged(tx, user, { hasFactor: true });
  }

  /**
   * Takes a factor away from the sessions that have proven it; those that it alone had raised are lowered, and in none of
   * them does its proof count as recent.
   */
  async withdraw(tx: Transaction, userId: string, factor: WithdrawnFactor): Promise<void> {
    await this.announcement.reduced(tx, await this.levels.withdraw(tx, userId, factor));
  }

  /** Lowers every session of a user who has no factor any more. */
  async withdrawAll(tx: Transaction, user: Pick<User, 'id' | 'roles'>): Promise<void> {
    await this.announcement.reduced(tx, await this.levels.withdrawAll(tx, user.id));
    await this.access.factorsChanged(tx, user, { hasFactor: false });
  }
}
