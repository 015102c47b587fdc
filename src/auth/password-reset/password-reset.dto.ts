import { ApiProperty } from '@nestjs/swagger';
import { IsSecretText } from '../../platform/secrets/secret-text.decorator.js';
import { IsAccountEmail } from '../../users/email.decorator.js';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

/** Whose password was forgotten. */
export class ForgotPasswordDto {
  @ApiProperty({ format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsAccountEmail()
  email: string;
}

/** A new password, and the proof of who sets it. */
export class ResetPasswordDto {
  /** What follows `#token=` in the link. */
  @ApiProperty({ maxLength: 200, example: 'kZ3yqkq0b0m7l6w1Y8VtqJYw3a0T0mJcF1c2yQnq3sE' })
  @IsSecretText()
  token: string;

  /** At least 15 characters (`PASSWORD_MIN_LENGTH`), none of the common or breached ones. */
  @ApiProperty({ format: 'password', maxLength: 256, example: 'wandering otters hum at 4 bells' })
  @IsPasswordText()
  newPassword: string;
}
