import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { LOCALES, type Locale } from '../../platform/access/locale.js';
import { ROLES, type Role } from '../../platform/access/principal.js';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsDisplayName } from '../../users/display-name.decorator.js';
import { IsAccountEmail } from '../../users/email.decorator.js';
import { IsRoles } from '../roles.decorator.js';

/** An account for the owner of an address to accept. */
export class InviteDto {
  @ApiProperty({ format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsAccountEmail()
  email: string;

  /** 1 to 80 printable characters; the owner can choose another when accepting. */
  @ApiProperty({ type: String, maxLength: 80, example: 'Ada Lovelace' })
  @IfPresent()
  @IsDisplayName()
  displayName?: string;

  /** The roles that the account shall have; `user` is always one of them. */
  @ApiProperty({ enum: ROLES, isArray: true, example: ['user'] })
  @IfPresent()
  @IsRoles()
  roles?: Role[];

  /** The language of e-mails to the account. */
  @ApiProperty({ enum: LOCALES, default: LOCALES[0], example: 'en' })
  @IfPresent()
  @IsIn(LOCALES, { message: `$property must be one of ${LOCALES.join(', ')}` })
  locale?: Locale;
}
