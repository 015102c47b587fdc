import { Injectable } from '@nestjs/common';
import type { ForwardAuth, RuleLimit } from '../../platform/access/forward-auth.js';
import type { RequestContext } from '../../platform/http/request-context.js';
import type { Policy } from './policy.js';
import { PolicySet } from './policy-set.js';
import { PolicyTable } from './policy-table.js';

interface Sets {
  readonly usual: PolicySet;
  /** With the policy `address`, for requests with a credential that is not good. */
  readonly suspicious: PolicySet;
}

/**
 * The policies of forward-auth requests: `gate`, and the limits of the rule. A page loads hundreds of files, so `default`
 * and `address` do not apply, except that `address` limits the testing of credentials.
 */
@Injectable()
export class ForwardAuthPolicies {
  private readonly known = new WeakMap<readonly RuleLimit[], Sets>();

  constructor(private readonly table: PolicyTable) {}

  of(
    { rule, limits }: Pick<ForwardAuth, 'rule' | 'limits'>,
    { tokenFault, sessionIsOver }: Pick<RequestContext, 'tokenFault' | 'sessionIsOver'>,
  ): PolicySet {
    const sets = this.known.get(limits) ?? this.setsOf(rule, limits);
    this.known.set(limits, sets);
    return tokenFault !== null || sessionIsOver ? sets.suspicious : sets.usual;
  }

  private setsOf(rule: string, limits: readonly RuleLimit[]): Sets {
    const own = limits.map(({ name, limit, windowSeconds, by, exact }): Policy => {
      const keys = [by === 'caller' ? ('user' as const) : ('address' as const)];
      return { name: `${rule}:${name}`, limit, windowSeconds, exact, keys };
    });
    const configured = (...names: string[]) => this.table.policies.filter(({ name }) => names.includes(name));
    return {
      usual: new PolicySet([...configured('gate'), ...own]),
      suspicious: new PolicySet([...configured('address', 'gate'), ...own]),
    };
  }
}
