import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy, type ValidationArguments } from 'class-validator';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsSecretText, ReadSecretText } from '../../platform/secrets/secret-text.decorator.js';
import { IsAccountEmail } from '../../users/email.decorator.js';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

const TOKEN = 'qf5Q0v0d0m4W0r3k2w3b1Zy7uJ8nq5xgQe0s9XcVtPo';

const IsOnlyOneOfTokenAndCode = () =>
  ValidateBy({
    name: 'onlyOneOfTokenAndCode',
    validator: {
      validate: (token: unknown, args?: ValidationArguments) =>
        (token === undefined) !== ((args!.object as VerifyEmailDto).code === undefined),
      defaultMessage: () => 'either token or code is required',
    },
  });

/** An e-mail address. */
export class EmailDto {
  /** Compared without regard to case. */
  @ApiProperty({ format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsAccountEmail()
  email: string;
}

/** The token or the code of a verification e-mail. */
export class VerifyEmailDto {
  /** The value of `#token=` in the link. Requires a session of the account or its password. */
  @ApiProperty({ type: String, required: false, nullable: true, maxLength: 200, example: TOKEN })
  @ReadSecretText()
  @IsOnlyOneOfTokenAndCode()
  token?: string;

  /** The account's password, if the token is sent without a session. */
  @ApiProperty({ type: String, format: 'password', maxLength: 256 })
  @IfPresent()
  @IsPasswordText()
  password?: string;

  /** The code of the e-mail; case, spaces and dashes are ignored. Requires a session. */
  @ApiProperty({ type: String, maxLength: 200, example: 'K7PM-4XQ2' })
  @ReadSecretText()
  @IfPresent()
  code?: string;
}

/** The token of an undo link. */
export class UndoEmailChangeDto {
  /** The value of `#token=` in the link. */
  @ApiProperty({ maxLength: 200, example: TOKEN })
  @IsSecretText()
  token: string;
}
