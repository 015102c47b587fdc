import { type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
} from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { contextOf } from '../platform/http/request-context.js';
import { Admission } from './admission.js';
import type { PolicySet } from './policies/policy-set.js';
import { ForwardAuthPolicies } from './policies/forward-auth-policies.js';
import { type CallerKind, RoutePolicies } from './policies/route-policies.js';
import { RateLimitStorage } from './rate-limit-storage.js';

/**
 * The throttler's guard with two differences: a request is counted in all of its windows at once instead of one after the
 * other, and keys come from data that earlier guards verified, never from the path as the client wrote it.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  private readonly policies = {
    person: new WeakMap<Type, Map<unknown, PolicySet>>(),
    program: new WeakMap<Type, Map<unknown, PolicySet>>(),
  };

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: RateLimitStorage,
    reflector: Reflector,
    private readonly routePolicies: RoutePolicies,
    private readonly admission: Admission,
    private readonly forwardAuthPolicies: ForwardAuthPolicies,
  ) {
    super(options, storage, reflector);
  }

  override async canActivate(execution: ExecutionContext): Promise<boolean> {
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const context = contextOf(request);
    const { isOperational, isCrossSite, principal, credentialFault, forwardAuth } = context;
    if (isOperational) return true;
    if (forwardAuth)
      await this.admission.admit(request, reply, this.forwardAuthPolicies.of(forwardAuth, context));
    // A cross-site page must not use up the budget of the account that it names, and a key that was not looked up names none.
    else if (isCrossSite || credentialFault) await this.admission.admitByAddress(request, reply);
    else {
      const caller = principal && principal.kind !== 'session' ? 'program' : 'person';
      await this.admission.admit(request, reply, this.policiesOf(execution, caller));
    }
    return true;
  }

  private policiesOf(execution: ExecutionContext, caller: CallerKind): PolicySet {
    const controller = execution.getClass();
    const known = this.policies[caller].get(controller) ?? new Map<unknown, PolicySet>();
    this.policies[caller].set(controller, known);
    const handler = execution.getHandler() as () => unknown;
    const policies = known.get(handler) ?? this.routePolicies.of(handler, controller, caller);
    known.set(handler, policies);
    return policies;
  }
}
