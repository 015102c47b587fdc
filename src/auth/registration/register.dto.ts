import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { LOCALES, type Locale } from '../../platform/access/locale.js';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsDisplayName } from '../../users/display-name.decorator.js';
import { IsAccountEmail } from '../../users/email.decorator.js';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

/** A new account. */
export class RegisterDto {
  /** Compared without regard to case. */
  @ApiProperty({ format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsAccountEmail()
  email: string;

  /**
   * At least 15 characters (`PASSWORD_MIN_LENGTH`) and not a common or breached password; there are no composition
   * rules.
   */
  @ApiProperty({ format: 'password', maxLength: 256, example: 'wandering otters hum at 4 bells' })
  @IsPasswordText()
  password: string;

  /** A name for display; 1 to 80 printable characters. */
  @ApiProperty({ type: String, maxLength: 80, example: 'Ada Lovelace' })
  @IfPresent()
  @IsDisplayName()
  displayName?: string | null;

  /** The language of e-mails to the account; by default the one that `Accept-Language` prefers. */
  @ApiProperty({ enum: LOCALES, example: 'en' })
  @IfPresent()
  @IsIn(LOCALES, { message: `$property must be one of ${LOCALES.join(', ')}` })
  locale?: Locale | null;
}
