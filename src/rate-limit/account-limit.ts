import { Injectable } from '@nestjs/common';
import type { Origin } from '../platform/http/origin.js';
import { LimitRefusals } from './limit-refusals.js';
import type { PolicyName } from './policies/policy.js';
import { PolicyTable } from './policies/policy-table.js';
import { RateLimitStorage } from './rate-limit-storage.js';
import { RateLimited } from './rate-limit.errors.js';
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
    private readonly refusals: LimitRefusals,
  ) {}

  /** Throws `rate_limited` when the policy refuses; such an attempt is not counted. */
  async count(name: PolicyName, subject: AccountSubject, origin: Origin): Promise<CountedAttempt> {
    const policy = this.table.find(name);
    if (!policy) return { refund: async () => undefined };
    const windows = [this.keys.windowOfAccount(policy, subject)];
    const count = await this.storage.count(windows);
    const { allowed, waitMs } = count.decisions[0]!;
    if (allowed) return { refund: () => count.refund(windows) };
    return this.refusals.refuse(new RateLimited([name], waitMs), {
      userId: subject.userId,
      origin,
    });
  }
}
