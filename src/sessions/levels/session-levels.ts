import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { afterCommit, type Transaction } from '../../platform/database/transaction-runner.js';
import { OwnSessions } from '../own-sessions/own-sessions.service.js';
import { type ProvenFactor, provenState } from '../proofs.js';
import { SessionsRepository } from '../sessions.repository.js';
import { SessionAnnouncement } from '../revocation/session-announcement.js';
import { type ReducedSession, RevocationRecord } from '../revocation-list/revocation-record.js';
import { SessionLevelsRepository, type WithdrawnFactor } from './session-levels.repository.js';

/**
 * Moves the level of sessions when the factors of their account change. Callers have locked the account. Routes that need
 * a recent proof read the level from PostgreSQL, so the change holds at once; tokens state it from the next refresh on, and
 * those of a higher level are listed as revoked for offline verifiers, and refused by the gateway.
 */
@Injectable()
export class SessionLevels {
  constructor(
    private readonly own: OwnSessions,
    private readonly sessions: SessionsRepository,
    private readonly levels: SessionLevelsRepository,
    private readonly revocations: RevocationRecord,
    private readonly announcement: SessionAnnouncement,
    private readonly clock: Clock,
  ) {}

  /** Adds a factor that was proven in the caller's session while it was enrolled. Throws `session_ended`. */
  async raise(
    tx: Transaction,
    caller: Pick<SessionPrincipal, 'userId' | 'sessionId'>,
    proven: ProvenFactor,
  ): Promise<void> {
    const session = await this.own.lockLive(tx, caller);
    await this.sessions.prove(tx, session, {
      ...provenState([proven], session),
      authTime: this.clock.now(),
    });
  }

  /** Takes a factor away from the sessions that have proven it; those that it alone had raised are lowered. */
  async withdraw(tx: Transaction, userId: string, factor: WithdrawnFactor): Promise<void> {
    await this.tell(tx, await this.levels.withdraw(tx, userId, factor));
  }

  /** Lowers every session of a user who has no factor any more. */
  async withdrawAll(tx: Transaction, userId: string): Promise<void> {
    await this.tell(tx, await this.levels.withdrawAll(tx, userId));
  }

  private async tell(tx: Transaction, reduced: readonly ReducedSession[]): Promise<void> {
    await this.revocations.sessionsReduced(tx, reduced);
    afterCommit(tx, () => this.announcement.reduced(reduced));
  }
}
