import { Injectable } from '@nestjs/common';
import { GateRules } from '../../gateway/rules/gate-rules.js';
import type { Role } from '../../platform/access/principal.js';
import { SCOPES } from '../../platform/access/scope.decorator.js';
import { scopesAllowedTo } from '../../machines/keys/scopes.js';

/** Knows the scopes that keys of tests have: those of this service, and those that rules of the gateway name. */
@Injectable()
export class EveryScope {
  constructor(private readonly rules: GateRules) {}

  get all(): string[] {
    return [...new Set([...SCOPES, ...this.rules.all.flatMap(({ scopes }) => scopes)])];
  }

  /** Returns those that a person with these roles may use. */
  of(roles: readonly Role[]): string[] {
    return scopesAllowedTo(roles, this.all);
  }
}
