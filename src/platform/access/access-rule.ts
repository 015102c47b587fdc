import type { ExecutionContext } from '@nestjs/common';
import { ACCESS_RULE, type AccessRule } from './access.decorator.js';
import { RECENT } from './recent.decorator.js';
import { SCOPE, type Scope } from './scope.decorator.js';

/** Returns the access rule of the matched route: its handler's, or else its controller's; undefined if neither has one. */
export function accessRuleOf(execution: ExecutionContext): AccessRule | undefined {
  return (
    (Reflect.getMetadata(ACCESS_RULE, execution.getHandler()) as AccessRule | undefined) ??
    (Reflect.getMetadata(ACCESS_RULE, execution.getClass()) as AccessRule | undefined)
  );
}

/** Whether the matched route, or its controller, requires a recent proof in addition to its rule. */
export function asksForRecentProof(execution: ExecutionContext): boolean {
  return (
    Reflect.hasMetadata(RECENT, execution.getHandler()) || Reflect.hasMetadata(RECENT, execution.getClass())
  );
}

/**
 * Returns the scope that opens the matched route to API keys: its handler's, or else its controller's; undefined if
 * neither has one.
 */
export function scopeOf(execution: ExecutionContext): Scope | undefined {
  return (
    (Reflect.getMetadata(SCOPE, execution.getHandler()) as Scope | undefined) ??
    (Reflect.getMetadata(SCOPE, execution.getClass()) as Scope | undefined)
  );
}
