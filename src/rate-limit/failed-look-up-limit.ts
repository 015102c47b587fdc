import { Injectable } from '@nestjs/common';
import { LookUpQueue } from './look-up-queue.js';
import type { Policy } from './policies/policy.js';
import { PolicyTable } from './policies/policy-table.js';
import { RateLimited } from './rate-limit.errors.js';
import { MemoryWindows } from './windows/memory-windows.js';
import type { Window } from './windows/window.js';
import { WindowKeys } from './windows/window-keys.js';

/**
 * Limits the failed look-ups that a network can cause. A made-up credential costs a query before the rate-limit policies
 * can count its request, and a request that a policy refuses is counted in none. In each process, a network may cause as
 * many failed look-ups as the policy `address` admits requests, plus one that is already running when the limit is
 * reached. Successful look-ups are not counted: valid credentials only wait for their turn, however many new ones a
 * network sends at once.
 */
@Injectable()
export class FailedLookUpLimit {
  private readonly policy: Policy | undefined;
  private readonly queue = new LookUpQueue();

  constructor(
    table: PolicyTable,
    private readonly keys: WindowKeys,
    private readonly windows: MemoryWindows,
  ) {
    this.policy = table.find('address');
  }

  /**
   * Runs a look-up, which calls {@link count} if it fails, in the turn of its network. Throws `dependency_unavailable` if it
   * would wait too long, and `rate_limited`, which the admission of the request records.
   */
  run<T>(network: string, lookUp: () => Promise<T>): Promise<T> {
    return this.queue.run(network, () => {
      // Not before: the look-ups that came first are counted only now.
      this.check(network);
      return lookUp();
    });
  }

  /** Counts a failed look-up. */
  count(network: string): void {
    if (this.policy) this.windows.add(this.windowOf(this.policy, network));
  }

  private check(network: string): void {
    const waitMs = this.policy ? this.windows.waitOf(this.windowOf(this.policy, network)) : 0;
    if (waitMs > 0) throw new RateLimited(['address'], waitMs);
  }

  private windowOf(policy: Policy, network: string): Window {
    return this.keys.windowOfNetwork(policy, network, 'look-ups');
  }
}
