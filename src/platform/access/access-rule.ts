import type { ExecutionContext } from '@nestjs/common';
import { ACCESS_RULE, type AccessRule } from './access.decorator.js';

/** What the matched route asks of its caller: its handler's rule, or else its controller's; undefined for neither. */
export function accessRuleOf(execution: ExecutionContext): AccessRule | undefined {
  return (
    (Reflect.getMetadata(ACCESS_RULE, execution.getHandler()) as AccessRule | undefined) ??
    (Reflect.getMetadata(ACCESS_RULE, execution.getClass()) as AccessRule | undefined)
  );
}
