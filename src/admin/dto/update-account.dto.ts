import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, ValidateIf } from 'class-validator';
import { ROLES, type Role } from '../../platform/access/principal.js';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsDisplayName } from '../../users/display-name.decorator.js';
import { IsRoles } from '../roles.decorator.js';

/** Changes to an account; absent members stay as they are. */
export class UpdateAccountDto {
  /** 1 to 80 printable characters; null removes the name. */
  @ApiProperty({ type: String, nullable: true, required: false, maxLength: 80, example: 'Ada Lovelace' })
  @ValidateIf((_, value: unknown) => value !== null && value !== undefined)
  @IsDisplayName()
  displayName?: string | null;

  /** The roles that the account shall have; `user` is always one of them. */
  @ApiProperty({ enum: ROLES, isArray: true, example: ['user', 'auditor'] })
  @IfPresent()
  @IsRoles()
  roles?: Role[];

  /** Whether the account is disabled. */
  @ApiProperty({ type: Boolean, example: true })
  @IfPresent()
  @IsBoolean()
  disabled?: boolean;
}
