import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString } from 'class-validator';

/** Longer than any token or typed code. */
const MAX_LENGTH = 200;

/**
 * Reads the token or code of an e-mail. A malformed value becomes a text that matches no secret, so that it is refused like a
 * wrong one. Only an absent member is a validation error.
 */
export const ReadSecretText = () =>
  Transform(({ value }: { value: unknown }) => (value == null ? undefined : secretText(value)));

/** {@link ReadSecretText} for a required member. */
export const IsSecretText = () =>
  applyDecorators(ReadSecretText(), IsString({ message: '$property is required' }));

function secretText(value: unknown): string {
  return typeof value === 'string' && value.length <= MAX_LENGTH && value.isWellFormed() ? value : '';
}
