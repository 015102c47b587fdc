import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { ProvenState } from '../proofs.js';
import { SessionRevocation } from '../revocation/session-revocation.js';
import type { Session } from '../session.entity.js';
import { SessionsRepository, those } from '../sessions.repository.js';
import { SessionFactory } from './session-factory.js';

/**
 * Sessions that an account can have at once. A client that signs in for every request would accumulate them for a
 * month.
 */
const MAX_SESSIONS = 100;

/** Creates a session, and ends the oldest ones if the account has too many. */
@Injectable()
export class SessionOpening {
  constructor(
    private readonly factory: SessionFactory,
    private readonly sessions: SessionsRepository,
    private readonly revocation: SessionRevocation,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends the oldest sessions if the user, whose row the caller has locked, would have more than 100. The new session
   * is not stored yet.
   */
  async open(
    tx: Transaction,
    userId: string,
    deviceId: string | null,
    proven: ProvenState & { readonly ageMs: number },
    origin: Origin,
  ): Promise<Session> {
    const ids = await this.sessions.findLiveBeyond(tx, userId, this.clock.now(), MAX_SESSIONS - 1);
    if (ids.length > 0)
      await this.revocation.endSome(tx, those(ids, userId), { reason: 'session_limit', by: null, origin });
    return this.factory.create(userId, deviceId, proven, origin);
  }
}
