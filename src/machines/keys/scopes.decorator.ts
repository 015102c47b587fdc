import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsString, Matches } from 'class-validator';
import { MAX_SCOPES, SCOPE_PATTERN } from './scopes.js';

/** Validates and documents a list of 1 to 30 scopes, each once. */
export const IsScopes = () =>
  applyDecorators(
    ApiProperty({
      type: 'array',
      items: { type: 'string', pattern: SCOPE_PATTERN.source },
      minItems: 1,
      maxItems: MAX_SCOPES,
      uniqueItems: true,
      example: ['audit:read', 'orders:read'],
    }),
    IsArray(),
    ArrayMinSize(1),
    ArrayMaxSize(MAX_SCOPES),
    ArrayUnique(),
    IsString({ each: true }),
    Matches(SCOPE_PATTERN, {
      each: true,
      message: 'each value in $property must be a scope such as orders:read',
    }),
  );
