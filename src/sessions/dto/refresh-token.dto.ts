import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';

/** The refresh token of the body transport; browsers send an empty body and the cookie. */
export class RefreshTokenDto {
  /** The token returned by login or by the last refresh. */
  // A longer text is no genuine token; as a fault of the body, it would keep a logout from ending the session.
  @ApiProperty({ maxLength: 4096 })
  @IfPresent()
  @IsString({ message: 'refreshToken must be text' })
  refreshToken?: string;
}
