import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateIf } from 'class-validator';

/**
 * Marks an optional member: it is validated only when it is present, and `null` means absent. Code after validation sees
 * `undefined` for both. The OpenAPI document says the same.
 */
export const IfPresent = () =>
  applyDecorators(
    ApiPropertyOptional({ nullable: true }),
    Transform(({ value }: { value: unknown }) => value ?? undefined),
    ValidateIf((_, value: unknown) => value !== undefined),
  );
