import { recordedCaller } from '../platform/access/principal.js';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { contextOf, type CountedRequest, type RequestContext } from '../platform/http/request-context.js';
import { AddressBlocks } from './blocks/address-blocks.js';
import { BLOCKED } from './blocks/blocked-policy.js';
import { LimitRefusals } from './limit-refusals.js';
import { isSharedByStrangers, type Policy } from './policies/policy.js';
import { PolicySet } from './policies/policy-set.js';
import { PolicyTable } from './policies/policy-table.js';
import { rateLimitField, tightest, type Verdict, verdictField } from './rate-limit-field.js';
import { type Count, RateLimitStorage } from './rate-limit-storage.js';
import { RateLimited } from './rate-limit.errors.js';
import type { Window } from './windows/window.js';
import { WindowKeys } from './windows/window-keys.js';

/** The count of a request that was refused, or that no policy applies to. */
const NOTHING_COUNTED: CountedRequest = {
  refund: async () => undefined,
  refundShared: async () => undefined,
};

/**
 * Decides whether a request may proceed. Refuses blocked addresses, counts the request in the windows of all its policies
 * at once, and sets the header fields.
 */
@Injectable()
export class Admission {
  /** The policies of requests that are counted by address alone. */
  private readonly byAddress: PolicySet;

  constructor(
    private readonly storage: RateLimitStorage,
    private readonly keys: WindowKeys,
    private readonly blocks: AddressBlocks,
    private readonly refusals: LimitRefusals,
    table: PolicyTable,
  ) {
    this.byAddress = new PolicySet(table.policies.filter(({ name }) => name === 'address'));
  }

  /** Throws `rate_limited` when a policy refuses. The header fields are set on the reply in either case. */
  async admit(request: FastifyRequest, reply: FastifyReply, set: PolicySet): Promise<void> {
    const context = contextOf(request);
    context.counted = NOTHING_COUNTED;
    const refusal = this.refusalOf(context);
    if (refusal) {
      reply.header('ratelimit', rateLimitField(refusal.policies[0], 0, refusal.retryAfterSeconds));
      await this.refuse(request, refusal);
    }
    const policies = set.policies.filter((policy) => this.keys.applies(policy, context));
    if (policies.length === 0) return;
    const windows = policies.map((policy) => this.keys.windowOf(policy, context));
    const count = await this.storage.count(windows);
    const verdicts = policies.map((policy, index): Verdict => ({ policy, ...count.decisions[index]! }));
    const told = tightest(verdicts);
    reply.header('ratelimit-policy', set.field);
    if (told) reply.header('ratelimit', verdictField(told));
    const violated = verdicts.filter(({ allowed }) => !allowed);
    const [first, ...others] = violated.map(({ policy }) => policy.name);
    if (first !== undefined) {
      const waitMs = Math.max(...violated.map((verdict) => verdict.waitMs));
      await this.refuse(request, new RateLimited([first, ...others], waitMs));
    }
    context.counted = new Refundable(count, policies, windows);
  }

  /**
   * Admits a request that matches no route (404, 405), comes from a cross-site page, or has a key that could not be looked up:
   * counted by its address alone.
   */
  async admitByAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.admit(request, reply, this.byAddress);
  }

  /**
   * Counts a request that the HTTP layer refused before any guard ran, since such requests are limited too. Returns the
   * error to send: the given reason, or the rate-limit refusal when the address is blocked or over its limit.
   */
  async admitRefused(reason: unknown, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const context = contextOf(request);
    if (context.counted || context.isOperational) return reason;
    try {
      await this.admitByAddress(request, reply);
      return reason;
    } catch (refusal) {
      return refusal;
    }
  }

  /**
   * Counts a preflight by its address alone. If a limit refuses it, this is recorded, also as the reason of the call, but the
   * preflight can be answered.
   */
  async countPreflight(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const refusal = await this.admitRefused(null, request, reply);
    if (refusal instanceof RateLimited) contextOf(request).problemCode = refusal.row.code;
  }

  /** Returns the refusal of a request whatever its policies: of a blocked address, or when its key was not looked up. */
  private refusalOf({ origin, credentialFault }: RequestContext): RateLimited | null {
    const blockedSeconds = this.blocks.secondsLeft(origin.network);
    if (blockedSeconds > 0) return new RateLimited([BLOCKED], blockedSeconds * 1000);
    return credentialFault instanceof RateLimited ? credentialFault : null;
  }

  private refuse(request: FastifyRequest, refusal: RateLimited): Promise<never> {
    const { origin, principal, emailDigest, isLogin, findNamed, forwardAuth } = contextOf(request);
    return this.refusals.refuse(refusal, {
      ...recordedCaller(principal),
      origin,
      emailDigest,
      isLogin,
      findNamed,
      ...(forwardAuth && { rule: forwardAuth.rule }),
    });
  }
}

/** A count that can be taken back, each window once, also if both ways are used. */
class Refundable implements CountedRequest {
  private refunded: readonly Policy[] = [];

  constructor(
    private readonly count: Count,
    private readonly policies: readonly Policy[],
    private readonly windows: readonly Window[],
  ) {}

  refund(): Promise<void> {
    return this.takeBack(({ exact }) => exact);
  }

  refundShared(): Promise<void> {
    return this.takeBack(isSharedByStrangers);
  }

  private async takeBack(isMeant: (policy: Policy) => boolean): Promise<void> {
    const standing = this.policies.filter((policy) => isMeant(policy) && !this.refunded.includes(policy));
    this.refunded = [...this.refunded, ...standing];
    const windows = this.windows.filter((_, index) => standing.includes(this.policies[index]!));
    if (windows.length > 0) await this.count.refund(windows);
  }
}
