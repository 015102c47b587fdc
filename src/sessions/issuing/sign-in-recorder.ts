import { Injectable } from '@nestjs/common';
import type { AuditEvent } from '../../audit/audit-entry.js';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import { NewDeviceNotice } from '../devices/new-device-notice.js';
import type { Session } from '../session.entity.js';
import { eventAfterFailures } from './earlier-failures.js';

/** A session that has just been issued. */
export interface OpenedSession {
  /** As it was before this login. */
  readonly user: User;
  readonly session: Session;
  /** Failed logins before this one. */
  readonly failures: number;
  readonly isKnownDevice: boolean;
  /** Keyed digest of the submitted address. */
  readonly emailDigest: string;
}

/** Records sign-ins, and tells the owner of an account about those from new devices. */
@Injectable()
export class SignInRecorder {
  constructor(
    private readonly audit: AuditService,
    private readonly notice: NewDeviceNotice,
  ) {}

  /** Writes the events of a sign-in in its transaction, and the notice, unless it is the first sign-in of the account. */
  async record(tx: Transaction, opened: OpenedSession, origin: Origin): Promise<void> {
    const { user, session, failures, isKnownDevice, emailDigest: account } = opened;
    const { deviceId } = session;
    const who = { outcome: 'success' as const, userId: user.id, sessionId: session.id, origin };
    const firstLogin = user.firstLoginAt === null;
    const details = { account, deviceId, knownDevice: isKnownDevice, firstLogin };
    const events: AuditEvent[] = [
      { type: 'session_created', ...who, details: { deviceId } },
      { type: 'authn_login_success', ...who, details },
      ...eventAfterFailures(who, account, failures),
    ];
    await this.audit.recordAll(tx, events);
    if (!isKnownDevice && !firstLogin) await this.notice.send(tx, user, session, origin);
  }
}
