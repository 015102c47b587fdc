import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString } from 'class-validator';

/** Longer than any token or typed code. */
const MAX_LENGTH = 200;

/**
 * Reads a token or a code of a mail. A value of any other form becomes a text that matches no secret, so that it is
 * refused like a wrong one and not as malformed input; only an absent member is that.
 */
export const ReadSecretText = () =>
  Transform(({ value }: { value: unknown }) => (value == null ? undefined : secretText(value)));

/** The same for a required member. */
export const IsSecretText = () =>
  applyDecorators(ReadSecretText(), IsString({ message: '$property is required' }));

function secretText(value: unknown): string {
  return typeof value === 'string' && value.length <= MAX_LENGTH && value.isWellFormed() ? value : '';
}
