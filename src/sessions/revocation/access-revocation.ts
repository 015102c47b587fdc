import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { AccountGuessing } from '../../rate-limit/guessing/account-guessing.js';
import type { User } from '../../users/user.entity.js';
import { SessionDevices } from '../devices/session-devices.js';
import type { RevocationReason } from '../revocation-reason.js';
import { allBut, begunAfter } from '../sessions.repository.js';
import { AccessChanges } from './access-changes.js';
import { SessionRevocation } from './session-revocation.js';

/** A session, and the device that it is on; null where the account has forgotten that. */
export interface OwnSession {
  readonly sessionId: string;
  readonly deviceId: string | null;
}

/**
 * Ends what the former credentials of an account gave access to: sessions, the devices that were known, and their counts
 * of guesses. Callers have locked the account.
 */
@Injectable()
export class AccessRevocation {
  constructor(
    private readonly sessions: SessionRevocation,
    private readonly devices: SessionDevices,
    private readonly guessing: AccountGuessing,
    private readonly audit: AuditService,
    private readonly changes: AccessChanges,
  ) {}

  async endAll(tx: Transaction, user: User, reason: RevocationReason, origin: Origin): Promise<void> {
    await this.devices.forgetAll(tx, user.id);
    await this.guessing.unlock(this.audit.emailDigest(user.email), tx);
    await this.sessions.endAllOfUser(tx, user.id, reason, origin);
  }

  /** The same, except for one session of the account and its device. */
  async endOthers(
    tx: Transaction,
    user: User,
    { sessionId, deviceId }: OwnSession,
    reason: RevocationReason,
    origin: Origin,
  ): Promise<void> {
    await this.devices.forgetAll(tx, user.id, deviceId ?? undefined);
    await this.guessing.unlock(this.audit.emailDigest(user.email), tx);
    const others = allBut(sessionId, user.id);
    await this.sessions.endSome(tx, others, { reason, by: sessionId, origin });
  }

  /** Ends the sessions on one device, and forgets it. */
  async endDevice(
    tx: Transaction,
    user: User,
    deviceId: string,
    reason: RevocationReason,
    origin: Origin,
  ): Promise<void> {
    await this.devices.forget(tx, user.id, this.audit.emailDigest(user.email), deviceId);
    await this.sessions.endSome(tx, { userId: user.id, deviceId }, { reason, by: null, origin });
  }

  /** Ends the sessions that began after `time`, on whatever device. */
  async endLater(
    tx: Transaction,
    { id }: User,
    time: Date,
    reason: RevocationReason,
    origin: Origin,
  ): Promise<void> {
    await this.sessions.endSome(tx, begunAfter(time, id), { reason, by: null, origin });
  }

  /** Returns how many API keys the account has, which none of the above ends. */
  async countKeys(tx: Transaction, { id }: Pick<User, 'id'>): Promise<number> {
    return this.changes.countKeys(tx, id);
  }
}
