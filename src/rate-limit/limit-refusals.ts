import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Origin } from '../platform/http/origin.js';
import { RateLimited } from './rate-limit.errors.js';

/** The caller and the subject of a request that a limit refuses. */
export interface LimitedCaller {
  readonly origin: Origin;
  /** Who is limited: a user, or null for the network of the origin. */
  readonly userId: string | null;
  readonly sessionId?: string | null;
  /** Keyed digest of the address that the request names. */
  readonly emailDigest?: string | null;
  /** Whether it is an attempt to sign in with the password of that account. */
  readonly isLogin?: boolean;
  /** Finds the id of the account with that address. */
  readonly findNamed?: (() => Promise<string | null>) | null;
  /** The rule of the gateway that a proxy asked for. */
  readonly rule?: string;
}

/** Refuses requests because of limits, and records each refusal where it is decided. */
@Injectable()
export class LimitRefusals {
  constructor(private readonly audit: AuditService) {}

  /**
   * Records the refusal of a request, then throws it. The record of a login is about the account that it names, as that of a
   * failed one is, whoever sent it. Any other request of a known caller is about the caller, and its record must not name
   * somebody else: an erasure of that person would not find it.
   */
  async refuse(refusal: RateLimited, caller: LimitedCaller): Promise<never> {
    const { origin, userId, sessionId = null, emailDigest = null, isLogin, rule, findNamed = null } = caller;
    const { policies, retryAfterSeconds } = refusal;
    const account = userId === null || isLogin ? emailDigest : null;
    await this.audit.recordLimited({
      event: {
        type: 'excess_rate_limit_exceeded',
        outcome: 'failure',
        reason: refusal.row.code,
        ...(account === null
          ? { userId, sessionId, origin }
          : { userId: null, sessionId: null, origin: withoutKey(origin) }),
        details: {
          policies: [...policies],
          retryAfterSeconds,
          ...(account !== null && { account }),
          ...(isLogin && { logins: 1 }),
          ...(rule !== undefined && { rule }),
        },
      },
      caller: userId === null ? `address ${origin.network}` : `user ${userId}`,
      findNamed: account === null ? null : findNamed,
    });
    throw refusal;
  }
}

/** The key of whoever sent a request is not that of the person whom the request names. */
function withoutKey({ usedKey: _usedKey, ...origin }: Origin): Origin {
  return origin;
}
