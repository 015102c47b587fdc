import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { UuidV7 } from '../platform/crypto/uuid.js';
import type { Transaction } from '../platform/database/transaction-runner.js';
import type { Origin } from '../platform/http/origin.js';
import { clientFingerprint } from './refresh/client-fingerprint.js';
import { SessionLifetimes } from './session-lifetimes.js';
import { Session } from './session.entity.js';
import { SessionsRepository } from './sessions.repository.js';

/** Issues sessions. */
@Injectable()
export class SessionIssuer {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly lifetimes: SessionLifetimes,
    private readonly audit: AuditService,
    private readonly ids: UuidV7,
  ) {}

  /** A new session with its event, in the caller's transaction. Every sign-in gets one of its own (ASVS 7.2.4). */
  async begin(tx: Transaction, userId: string, deviceId: string, origin: Origin): Promise<Session> {
    const { now, idleExpiresAt, expiresAt } = this.lifetimes.beginning();
    const session = Object.assign(new Session(), {
      id: this.ids.next(),
      userId,
      generation: 0,
      createdAt: now,
      rotatedAt: now,
      idleExpiresAt,
      expiresAt,
      revokedAt: null,
      revokeReason: null,
      deviceId,
      client: clientFingerprint(origin),
    });
    await this.sessions.insert(tx, session);
    await this.audit.record(tx, {
      type: 'session_created',
      outcome: 'success',
      userId,
      sessionId: session.id,
      origin,
      details: { deviceId },
    });
    return session;
  }
}
