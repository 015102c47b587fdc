import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { isEmail, ValidateBy } from 'class-validator';
import { canonicalEmail } from './canonical-email.js';

/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const MAX_LENGTH = 254;

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
          typeof value === 'string' && value.isWellFormed() && value.length <= MAX_LENGTH && isEmail(value),
        defaultMessage: () => '$property must be an e-mail address',
      },
    }),
  );
