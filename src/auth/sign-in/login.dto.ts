import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsAccountEmail } from '../../users/email.decorator.js';
import { TOKEN_TRANSPORTS, type TokenTransport } from '../../sessions/tokens/token-transport.js';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

/** The credentials of a login, and the transport of the tokens. */
export class LoginDto {
  @ApiProperty({ format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsAccountEmail()
  email: string;

  @ApiProperty({ format: 'password', maxLength: 256, example: 'wandering otters hum at 4 bells' })
  @IsPasswordText()
  password: string;

  /** `cookie` (default) is for browsers: both tokens are only in HttpOnly cookies. `body` is for all other clients. */
  @ApiProperty({ enum: TOKEN_TRANSPORTS, example: 'cookie' })
  @IfPresent()
  @IsIn(TOKEN_TRANSPORTS, { message: 'tokenTransport must be cookie or body' })
  tokenTransport?: TokenTransport;

  /**
   * The device token from an earlier login in the body transport; failures of this device are then counted separately.
   */
  @ApiProperty({ maxLength: 200 })
  @IfPresent()
  @IsString({ message: 'deviceToken must be text' })
  @MaxLength(200, { message: 'deviceToken must be at most 200 characters' })
  deviceToken?: string;
}
