import type { ExecutionContext } from '@nestjs/common';
import { ACCESS_RULE, type AccessRule } from './access.decorator.js';
import { RECENT } from './recent.decorator.js';

/** What the matched route asks of its caller: its handler's rule, or else its controller's; undefined for neither. */
export function accessRuleOf(execution: ExecutionContext): AccessRule | undefined {
  return (
    (Reflect.getMetadata(ACCESS_RULE, execution.getHandler()) as AccessRule | undefined) ??
    (Reflect.getMetadata(ACCESS_RULE, execution.getClass()) as AccessRule | undefined)
  );
}

/** Whether the matched route, or its controller, asks for a recent proof beside its rule. */
export function asksForRecentProof(execution: ExecutionContext): boolean {
  return (
    Reflect.hasMetadata(RECENT, execution.getHandler()) || Reflect.hasMetadata(RECENT, execution.getClass())
  );
}
