import { ApiProperty } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { LOCALES, type Locale } from '../../platform/access/locale.js';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsDisplayName } from '../display-name.decorator.js';

/** The whole editable profile. */
export class UpdateProfileDto {
  /** 1 to 80 printable characters; null for no display name. */
  @ApiProperty({ type: String, nullable: true, maxLength: 80, example: 'Ada Lovelace' })
  @ValidateIf((_, value: unknown) => value !== null)
  @IsDisplayName()
  displayName: string | null;

  /** The language of e-mails to the account; absent, it stays as it is. */
  @ApiProperty({ enum: LOCALES, example: 'en' })
  @IfPresent()
  @IsIn(LOCALES, { message: `$property must be one of ${LOCALES.join(', ')}` })
  locale?: Locale | null;
}
