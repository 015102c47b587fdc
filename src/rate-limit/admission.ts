import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditService } from '../audit/audit.service.js';
import { Problem } from '../platform/errors/problem.js';
import { type Call, callOf } from '../platform/http/call.js';
import { isOperational } from '../platform/http/operational-routes.js';
import { AddressBlocks } from './blocks/address-blocks.js';
import { PolicySet } from './policies/policy-set.js';
import { PolicyTable } from './policies/policy-table.js';
import { rateLimitField, tightest, type Verdict } from './rate-limit-field.js';
import { RateLimitStorage } from './rate-limit-storage.js';
import { RateLimitErrors } from './rate-limit.errors.js';
import { WindowKeys } from './windows/window-keys.js';

/** The name under which a blocked address is refused; no quota belongs to it. */
const BLOCKED = 'blocked-address';

/**
 * May this request pass? Refuses blocked addresses, counts the request in the windows of all its policies at once,
 * sets the header fields, and records every refusal where it is decided.
 */
@Injectable()
export class Admission {
  private readonly unmatched: PolicySet;

  constructor(
    private readonly storage: RateLimitStorage,
    private readonly keys: WindowKeys,
    private readonly blocks: AddressBlocks,
    private readonly audit: AuditService,
    table: PolicyTable,
  ) {
    this.unmatched = new PolicySet(table.policies.filter(({ name }) => name === 'address'));
  }

  /** Throws `rate_limited` when a policy refuses; header fields are on the reply whatever happens after. */
  async admit(request: FastifyRequest, reply: FastifyReply, set: PolicySet): Promise<void> {
    const call = callOf(request);
    call.admitted = true;
    const blockedSeconds = this.blocks.secondsLeft(call.origin.network);
    if (blockedSeconds > 0) this.refuse(call, [BLOCKED], blockedSeconds);
    const policies = set.policies.filter((policy) => this.keys.applies(policy, call));
    if (policies.length === 0) return;
    const endpoint = `${request.method === 'HEAD' ? 'GET' : request.method} ${call.route}`;
    const windows = policies.map((policy) => this.keys.windowOf(policy, call, endpoint));
    const decisions = await this.storage.consume(windows);
    const verdicts = policies.map((policy, index): Verdict => ({ policy, ...decisions[index]! }));
    reply.header('ratelimit-policy', set.field).header('ratelimit', rateLimitField(tightest(verdicts)));
    const violated = verdicts.filter(({ allowed }) => !allowed);
    if (violated.length === 0) return;
    const names = violated.map(({ policy }) => policy.name);
    this.refuse(call, names, Math.ceil(Math.max(...violated.map(({ waitMs }) => waitMs)) / 1000));
  }

  /** The same for a request that no route answers (404, 405): it counts against its address. */
  async admitUnmatched(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.admit(request, reply, this.unmatched);
  }

  /**
   * What a request is refused with that the HTTP layer refused before any guard saw it: it is not free of limits either,
   * so the reason given, unless its address is over its limit or blocked.
   */
  async admitRefused(reason: unknown, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const call = callOf(request);
    if (call.admitted || isOperational(call.route)) return reason;
    try {
      await this.admitUnmatched(request, reply);
      return reason;
    } catch (refusal) {
      return refusal;
    }
  }

  private refuse(call: Call, policies: string[], seconds: number): never {
    const retryAfterSeconds = Math.max(1, seconds);
    this.audit.recordRefusal({
      type: 'excess_rate_limit_exceeded',
      outcome: 'failure',
      userId: call.principal?.userId ?? null,
      sessionId: call.principal?.sessionId ?? null,
      origin: call.origin,
      details: {
        policies,
        retryAfterSeconds,
        ...(call.accountDigest !== null && { account: call.accountDigest }),
      },
    });
    throw new Problem(RateLimitErrors.rate_limited, {
      retryAfterSeconds,
      extensions: { 'violated-policies': policies },
    });
  }
}
