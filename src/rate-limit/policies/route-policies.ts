import { Injectable, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { RATE_LIMIT_POLICIES } from '../rate-limit.decorator.js';
import type { Policy } from './policy.js';
import { PolicySet } from './policy-set.js';
import { PolicyTable } from './policy-table.js';

/** Whether a caller has an API key. */
export type CallerKind = 'person' | 'program';

type Handler = (...args: never[]) => unknown;

/** Metadata keys of `@nestjs/throttler` 6, which does not export them; each is followed by the policy's name. */
const LIMIT = 'THROTTLER:LIMIT';
const TTL = 'THROTTLER:TTL';
const SKIP = 'THROTTLER:SKIP';
const UNSUPPORTED = ['THROTTLER:BLOCK_DURATION', 'THROTTLER:TRACKER', 'THROTTLER:KEY_GENERATOR'];

/** Names appear as strings of a structured field (RFC 9651 section 3.3.3). */
const POLICY_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Determines the policies of a route from its decorators and those of its controller. */
@Injectable()
export class RoutePolicies {
  constructor(
    private readonly reflector: Reflector,
    private readonly table: PolicyTable,
  ) {}

  /**
   * Returns them in the order of the table, the route's own policies last. Programs with API keys are counted by key in
   * place of `default`, and their calls are no attempts to sign in. Throws an Error for an invalid decorator.
   */
  of(handler: Handler, controller: Type, caller: CallerKind = 'person'): PolicySet {
    const targets = [handler, controller];
    const declared =
      this.reflector.getAllAndOverride<string[] | undefined>(RATE_LIMIT_POLICIES, targets) ?? [];
    const overridden = targets.flatMap(throttledNames);
    const configured = this.table.policies.map(({ name }) => name);
    const policies = [...new Set(['default', 'address', ...declared, ...overridden])]
      .map((name) => (name === 'default' && caller === 'program' ? 'key' : name))
      .filter((name) => !this.table.isOff(name) && !(name === 'login-address' && caller === 'program'))
      .filter((name) => !this.reflector.getAllAndOverride<boolean | undefined>(SKIP + name, targets))
      .flatMap((name) => this.policy(name, targets) ?? [])
      .toSorted((one, other) => rank(configured, one.name) - rank(configured, other.name));
    return new PolicySet(policies);
  }

  private policy(name: string, targets: (Handler | Type)[]): Policy | undefined {
    const configured = this.table.find(name);
    const limit = this.reflector.getAllAndOverride<unknown>(LIMIT + name, targets);
    const ttl = this.reflector.getAllAndOverride<unknown>(TTL + name, targets);
    if (limit === undefined && ttl === undefined) return configured;
    const policy = {
      name,
      exact: configured?.exact ?? false,
      keys: configured?.keys ?? (['user', 'endpoint'] as const),
      limit: limit ?? configured?.limit,
      windowSeconds: ttl === undefined ? configured?.windowSeconds : Number(ttl) / 1000,
    };
    const unsupported = UNSUPPORTED.some((key) =>
      this.reflector.getAllAndOverride<unknown>(key + name, targets),
    );
    if (unsupported || !isUsable(policy)) {
      throw new Error(
        `@Throttle({ '${name}': … }) takes a limit and a ttl of whole seconds, in milliseconds.`,
      );
    }
    return policy;
  }
}

function throttledNames(target: Handler | Type): string[] {
  return Reflect.getMetadataKeys(target)
    .filter((key): key is string => typeof key === 'string' && key.startsWith(LIMIT))
    .map((key) => key.slice(LIMIT.length));
}

function isUsable(policy: { name: string; limit: unknown; windowSeconds: unknown }): policy is Policy {
  return (
    POLICY_NAME.test(policy.name) &&
    [policy.limit, policy.windowSeconds].every((n) => Number.isInteger(n) && Number(n) > 0)
  );
}

const rank = (order: readonly string[], name: string) => order.indexOf(name) + 1 || order.length + 1;
