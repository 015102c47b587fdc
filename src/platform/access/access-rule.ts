import type { ExecutionContext } from '@nestjs/common';
import { ACCESS_RULE, type AccessRule } from './access.decorator.js';

/** Returns the access rule of the matched route: its handler's, or else its controller's; undefined if neither has one. */
export function accessRuleOf(execution: ExecutionContext): AccessRule | undefined {
  return (
    (Reflect.getMetadata(ACCESS_RULE, execution.getHandler()) as AccessRule | undefined) ??
    (Reflect.getMetadata(ACCESS_RULE, execution.getClass()) as AccessRule | undefined)
  );
}
