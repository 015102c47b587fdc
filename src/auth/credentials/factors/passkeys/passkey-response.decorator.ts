import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject } from 'class-validator';

const EXAMPLE = {
  id: 'AhT7c0Yv0p6Q6gE4v1QyTA',
  rawId: 'AhT7c0Yv0p6Q6gE4v1QyTA',
  type: 'public-key',
  response: { clientDataJSON: 'eyJ0eXBlIjoid2ViYXV0aG4u…', '…': '…' },
};

const SCHEMA = { type: 'object', additionalProperties: true, example: EXAMPLE } as const;

/** A member that contains the response of an authenticator, as `credential.toJSON()` of the browser returns it. */
export const IsPasskeyResponse = ({ optional = false } = {}) =>
  applyDecorators(
    optional ? ApiPropertyOptional(SCHEMA) : ApiProperty(SCHEMA),
    IsObject({ message: '$property must be the JSON object of a public key credential' }),
  );
