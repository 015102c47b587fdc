import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';

/** The refresh token of the body transport; browsers send an empty body and the cookie. */
export class RefreshTokenDto {
  /** The token returned by login or by the last refresh. */
  @ApiProperty({ maxLength: 4096 })
  @IfPresent()
  @IsString({ message: 'refreshToken must be text' })
  @MaxLength(4096, { message: 'refreshToken must be at most 4096 characters' })
  refreshToken?: string;
}
