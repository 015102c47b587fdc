import { Injectable } from '@nestjs/common';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import type { Origin } from '../../platform/http/origin.js';
import { afterLogin } from '../../users/login-order.js';
import type { User } from '../../users/user.entity.js';
import type { ProvenState } from '../proofs.js';
import { clientFingerprint } from '../refresh/client-fingerprint.js';
import { SessionLifetimes } from '../session-lifetimes.js';
import { Session } from '../session.entity.js';

/** Creates the rows of new sessions. */
@Injectable()
export class SessionFactory {
  constructor(
    private readonly lifetimes: SessionLifetimes,
    private readonly ids: UuidV7,
  ) {}

  /**
   * Creates a session that begins now, and after the latest one of the account, by proofs that are `ageMs` old, and a device id
   * if there is none yet. Nothing is stored.
   */
  create(
    user: Pick<User, 'id' | 'lastLoginAt'>,
    deviceId: string | null,
    { ageMs, ...proven }: ProvenState & { readonly ageMs: number },
    origin: Origin,
  ): Session {
    const { now, idleExpiresAt, expiresAt } = this.lifetimes.beginning();
    return Object.assign(new Session(), {
      id: this.ids.next(),
      userId: user.id,
      generation: 0,
      createdAt: afterLogin(user, now),
      rotatedAt: now,
      rotatedBy: null,
      idleExpiresAt,
      expiresAt,
      revokedAt: null,
      revokeReason: null,
      deviceId: deviceId ?? this.ids.next(),
      client: clientFingerprint(origin),
      ...proven,
      authTime: new Date(now.getTime() - ageMs),
      reducedAt: null,
      tokensExpireAt: null,
      userAgent: origin.userAgent,
      network: origin.network,
      lastSeenAt: null,
    } satisfies Session);
  }
}
