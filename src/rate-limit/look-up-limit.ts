import { Injectable } from '@nestjs/common';
import type { Policy } from './policies/policy.js';
import { PolicyTable } from './policies/policy-table.js';
import { RateLimited } from './rate-limit.errors.js';
import { MemoryWindows } from './windows/memory-windows.js';
import type { Window } from './windows/window.js';
import { WindowKeys } from './windows/window-keys.js';

/**
 * Bounds the look-ups in vain that a network can cause. A credential that anyone can make up costs a query before the
 * policies can count its request, and a request that one of them refuses counts nowhere. In each process, a network has as
 * many as `address` admits requests, in addition to those that are under way when there is no room any more. Others are not
 * counted, so that however many callers of one network can be looked up at once.
 */
@Injectable()
export class LookUpLimit {
  private readonly policy: Policy | undefined;

  constructor(
    table: PolicyTable,
    private readonly keys: WindowKeys,
    private readonly windows: MemoryWindows,
  ) {
    this.policy = table.find('address');
  }

  /** Call this before a look-up. Throws `rate_limited`, which the admission of the request records. */
  check(network: string): void {
    const waitMs = this.policy ? this.windows.waitOf(this.windowOf(this.policy, network)) : 0;
    if (waitMs > 0) throw new RateLimited(['address'], waitMs);
  }

  /** Counts a look-up in vain. */
  count(network: string): void {
    if (this.policy) this.windows.add(this.windowOf(this.policy, network));
  }

  private windowOf(policy: Policy, network: string): Window {
    return this.keys.windowOfNetwork(policy, network, 'look-ups');
  }
}
