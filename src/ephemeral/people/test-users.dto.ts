import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, Max, Min } from 'class-validator';
import { IsPasswordText } from '../../auth/credentials/passwords/password.decorator.js';
import { type Role, ROLES } from '../../platform/access/principal.js';
import { NotBeside } from '../../platform/http/validation/beside.decorator.js';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { ProfileDto } from '../../users/dto/profile.dto.js';
import { IsAccountEmail } from '../../users/email.decorator.js';

/** One transaction makes them all. */
const MOST = 1000;

const hasEmail = ({ email }: { readonly email?: unknown }) => email !== undefined && email !== null;

/** The people to make. */
export class MakeUsersDto {
  /** A fresh address at `example.test` by default. */
  @ApiProperty({
    type: String,
    format: 'email',
    example: 'ada@example.test',
  })
  @IfPresent()
  @IsAccountEmail()
  email?: string | null;

  /** A random one by default. The policy for passwords does not apply. */
  @ApiProperty({ type: String, maxLength: 256, example: 'secret' })
  @IfPresent()
  @IsPasswordText()
  password?: string | null;

  /** Whether the address is proven; true by default. */
  @ApiProperty({ type: Boolean, example: true })
  @IfPresent()
  @IsBoolean()
  verified?: boolean | null;

  /** `user` by default, and always among them. */
  @ApiProperty({ enum: ROLES, isArray: true, example: ['user'] })
  @IfPresent()
  @IsArray()
  @ArrayMaxSize(ROLES.length)
  @IsIn(ROLES, { each: true })
  roles?: Role[] | null;

  /** Whether they have an authenticator app, with recovery codes; false by default. */
  @ApiProperty({ type: Boolean, example: false })
  @IfPresent()
  @IsBoolean()
  totp?: boolean | null;

  /** Whether they have an API key with every scope that their roles may use; false by default. */
  @ApiProperty({ type: Boolean, example: false })
  @IfPresent()
  @IsBoolean()
  apiKey?: boolean | null;

  /** How many; 1 by default. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MOST, example: 1 })
  @IfPresent()
  @IsInt()
  @Min(1)
  @Max(MOST)
  @NotBeside('email', hasEmail)
  count?: number | null;
}

/** One person, with all that is needed to sign in. */
export class TestUserDto {
  user: ProfileDto;

  password: string;

  @ApiProperty({ type: String, nullable: true, example: null })
  totpSecret: string | null;

  @ApiProperty({ type: String, isArray: true, nullable: true, example: null })
  recoveryCodes: string[] | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  apiKey: string | null;
}

/** The people that were made, in no particular order. */
export class TestUsersDto {
  items: TestUserDto[];
}
