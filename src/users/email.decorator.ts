import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { isEmail, ValidateBy } from 'class-validator';
import { canonicalEmail, isEmailDomain } from './canonical-email.js';

/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const MAX_LENGTH = 254;

/**
 * Allowed by RFC 5322 but needed by no mailbox: quoted local parts, which spell the same mailbox differently and can
 * contain line breaks, and invisible characters.
 */
const ODD = /["\s\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Validates an e-mail address after making it canonical, so that each account has exactly one spelling. */
export const IsAccountEmail = () =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && value.length <= MAX_LENGTH && value.isWellFormed()
        ? canonicalEmail(value)
        : value,
    ),
    ValidateBy({
      name: 'accountEmail',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' &&
          value.length <= MAX_LENGTH &&
          // Otherwise isEmail would throw: it encodes the text.
          value.isWellFormed() &&
          isEmail(value) &&
          isEmailDomain(value.slice(value.lastIndexOf('@') + 1)) &&
          !ODD.test(value),
        defaultMessage: () => '$property must be an e-mail address',
      },
    }),
  );
