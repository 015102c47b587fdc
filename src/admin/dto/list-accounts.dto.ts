import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, MaxLength, ValidateBy } from 'class-validator';
import { ROLES, type Role } from '../../platform/access/principal.js';
import { codePointsOf, isBoundedText } from '../../platform/http/validation/bounded-text.js';
import { PageQueryDto } from '../../platform/http/validation/page-query.dto.js';
import { ACCOUNT_STATUSES, type AccountStatus } from '../directory/account-status.js';

/** Maximum length of a search, in code points. */
export const SEARCH_LENGTH = 200;

/** Returns whether a text can be searched for. PostgreSQL cannot store U+0000, so no account contains it. */
export const isSearch = (value: unknown): value is string =>
  isBoundedText(value, SEARCH_LENGTH) && codePointsOf(value) <= SEARCH_LENGTH && !value.includes('\0');

/** Query parameters of the list of accounts. */
export class ListAccountsDto extends PageQueryDto {
  /**
   * Only accounts whose e-mail address or display name begins with this text, case-insensitive; first those with a matching
   * address. Without it, accounts are listed in the order of their ids, which is close to the order of creation.
   */
  @ApiPropertyOptional({ maxLength: SEARCH_LENGTH, example: 'ada' })
  @Transform(({ value }: { value: unknown }) =>
    value === '' ? undefined : isSearch(value) ? value.normalize('NFC') : value,
  )
  @IsOptional()
  @ValidateBy({
    name: 'search',
    validator: {
      validate: isSearch,
      defaultMessage: () => `$property must be text of at most ${SEARCH_LENGTH} characters`,
    },
  })
  search?: string;

  /** Only accounts with this role. */
  @ApiPropertyOptional({ enum: ROLES })
  @IsOptional()
  @IsIn(ROLES, { message: `$property must be one of ${ROLES.join(', ')}` })
  role?: Role;

  /** Only accounts with this status. */
  @ApiPropertyOptional({ enum: ACCOUNT_STATUSES })
  @IsOptional()
  @IsIn(ACCOUNT_STATUSES, { message: `$property must be one of ${ACCOUNT_STATUSES.join(', ')}` })
  status?: AccountStatus;

  // Contains an encrypted address or name, which can be longer than the places of other lists.
  @MaxLength(1024)
  override cursor?: string;
}
