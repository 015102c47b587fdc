import { ValidateIf } from 'class-validator';

/**
 * Validates a member only when it is there. `IsOptional` lets null pass for "not there" as well, so that null reaches
 * code which tells an absent member from a present one.
 */
export const IfPresent = () => ValidateIf((_, value: unknown) => value !== undefined);
