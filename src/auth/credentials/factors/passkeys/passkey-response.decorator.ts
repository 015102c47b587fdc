import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';

import { isObject } from './passkey-response.js';

const EXAMPLE = {
  id: 'AhT7c0Yv0p6Q6gE4v1QyTA',
  rawId: 'AhT7c0Yv0p6Q6gE4v1QyTA',
  type: 'public-key',
  response: { clientDataJSON: 'eyJ0eXBlIjoid2ViYXV0aG4u…', '…': '…' },
};

const SCHEMA = { type: 'object', additionalProperties: true, example: EXAMPLE } as const;

/** Whether the value has the outline of a credential; the verification decides about the rest. */
const isCredential = (value: unknown) =>
  isObject(value) && typeof value['id'] === 'string' && isObject(value['response']);

/** A member that contains the response of an authenticator, as `credential.toJSON()` of the browser returns it. */
export const IsPasskeyResponse = ({ optional = false } = {}) =>
  applyDecorators(
    optional ? ApiPropertyOptional({ ...SCHEMA, nullable: true }) : ApiProperty(SCHEMA),
    ValidateBy({
      name: 'passkeyResponse',
      validator: {
        validate: isCredential,
        defaultMessage: () => '$property must be a public key credential as JSON, with id and response',
      },
    }),
  );
