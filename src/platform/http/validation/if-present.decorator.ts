import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateIf } from 'class-validator';

/**
 * Marks an optional member: it is validated only when it is present, and `null` means absent. Code after validation sees
 * `undefined` for both.
 */
export const IfPresent = () =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => value ?? undefined),
    ValidateIf((_, value: unknown) => value !== undefined),
  );
