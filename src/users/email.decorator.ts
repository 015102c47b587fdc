import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { isEmail, ValidateBy } from 'class-validator';
import { canonicalEmail, isEmailDomain } from './canonical-email.js';

/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const MAX_LENGTH = 254;

/**
 * What RFC 5322 allows and no mailbox needs: quoted local parts, which are a second spelling of the same mailbox and can
 * hold line breaks, and characters that nobody sees.
 */
const ODD = /["\s\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** An e-mail address, made canonical before it is validated: one account has one spelling. */
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
          // Or isEmail, which encodes it, would throw.
          value.isWellFormed() &&
          isEmail(value) &&
          isEmailDomain(value.slice(value.lastIndexOf('@') + 1)) &&
          !ODD.test(value),
        defaultMessage: () => '$property must be an e-mail address',
      },
    }),
  );
