import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateIf } from 'class-validator';

/**
 * Marks an optional member: it is validated only when it is there, and `null` is its absence. Code behind validation sees
 * `undefined` for both, so that it need not tell them apart.
 */
export const IfPresent = () =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => value ?? undefined),
    ValidateIf((_, value: unknown) => value !== undefined),
  );
