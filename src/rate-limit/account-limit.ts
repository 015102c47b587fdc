import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Problem } from '../platform/errors/problem.js';
import type { Origin } from '../platform/http/origin.js';
import type { PolicyName } from './policies/policy.js';
import { PolicyTable } from './policies/policy-table.js';
import { RateLimitStorage } from './rate-limit-storage.js';
import { RateLimitErrors } from './rate-limit.errors.js';
import { type AccountSubject, WindowKeys } from './windows/window-keys.js';

/** An attempt that a policy has counted. */
export interface CountedAttempt {
  /** Takes the count back, because the attempt was not what the policy limits. */
  readonly refund: () => Promise<void>;
}

/** Counts attempts by account where the request itself does not name one, so that no guard can count them. */
@Injectable()
export class AccountLimit {
  constructor(
    private readonly table: PolicyTable,
    private readonly storage: RateLimitStorage,
    private readonly keys: WindowKeys,
    private readonly audit: AuditService,
  ) {}

  /** Throws `rate_limited` when the policy refuses; such an attempt is not counted. `endpoint` is for the record. */
  async count(
    name: PolicyName,
    subject: AccountSubject,
    origin: Origin,
    endpoint: string,
  ): Promise<CountedAttempt> {
    const policy = this.table.find(name);
    if (!policy) return { refund: async () => undefined };
    const windows = [this.keys.windowOfAccount(policy, subject)];
    const [decision] = await this.storage.consume(windows);
    const { allowed, at, waitMs } = decision!;
    if (allowed) return { refund: () => this.storage.refund(windows, at) };
    const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
    await this.audit.recordLimited({
      event: {
        type: 'excess_rate_limit_exceeded',
        outcome: 'failure',
        reason: RateLimitErrors.rate_limited.code,
        userId: subject.userId,
        origin,
        details: { policies: [name], retryAfterSeconds },
      },
      caller: `user ${subject.userId}`,
      endpoint,
      findNamed: null,
    });
    throw new Problem(RateLimitErrors.rate_limited, {
      retryAfterSeconds,
      extensions: { 'violated-policies': [name] },
    });
  }
}
