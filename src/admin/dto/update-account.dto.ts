import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, ValidateIf } from 'class-validator';
import { ROLES, type Role } from '../../platform/access/principal.js';
import { IfPresent } from '../../platform/http/if-present.decorator.js';
import { IsDisplayName } from '../../users/display-name.decorator.js';

/** No request needs more; repeated roles count once. */
const MAX_ROLES = 16;

/** Validates a set of roles. */
const IsRoles = () => (target: object, property: string) => {
  IsArray({ message: '$property must be a list of roles' })(target, property);
  ArrayMaxSize(MAX_ROLES, { message: `$property must have at most ${MAX_ROLES} members` })(target, property);
  IsIn(ROLES, { each: true, message: `each of $property must be one of ${ROLES.join(', ')}` })(
    target,
    property,
  );
};

/** Changes to an account; absent members stay as they are. */
export class UpdateAccountDto {
  /** 1 to 80 printable characters; null removes the name. */
  @ApiProperty({ type: String, nullable: true, required: false, maxLength: 80, example: 'Ada Lovelace' })
  @ValidateIf((_, value: unknown) => value !== null && value !== undefined)
  @IsDisplayName()
  displayName?: string | null;

  /** The roles that the account shall have; `user` is always one of them. */
  @ApiProperty({ enum: ROLES, isArray: true, required: false, nullable: true, example: ['user', 'auditor'] })
  @IfPresent()
  @IsRoles()
  roles?: Role[];

  /** Whether the account is disabled. */
  @ApiProperty({ type: Boolean, required: false, nullable: true, example: true })
  @IfPresent()
  @IsBoolean()
  disabled?: boolean;
}
