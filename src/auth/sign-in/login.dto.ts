import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { IfPresent } from '../../platform/http/if-present.decorator.js';
import { IsAccountEmail } from '../../users/email.decorator.js';
import { TOKEN_TRANSPORTS, type TokenTransport } from '../../sessions/tokens/token-transport.js';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

/** Proof of who signs in, and how the tokens shall travel. */
export class LoginDto {
  @ApiProperty({ format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsAccountEmail()
  email: string;

  @ApiProperty({ format: 'password', maxLength: 256, example: 'wandering otters hum at 4 bells' })
  @IsPasswordText()
  password: string;

  /** `cookie`, the default, for browsers: both tokens only in HttpOnly cookies. `body` for everything else. */
  @ApiProperty({ enum: TOKEN_TRANSPORTS, required: false, example: 'cookie' })
  @IfPresent()
  @IsIn(TOKEN_TRANSPORTS, { message: 'tokenTransport must be cookie or body' })
  tokenTransport?: TokenTransport;

  /** What an earlier login in the body transport answered; failures from here then count apart from strangers'. */
  @ApiProperty({ required: false, maxLength: 200 })
  @IfPresent()
  @IsString({ message: 'deviceToken must be text' })
  @MaxLength(200, { message: 'deviceToken must be at most 200 characters' })
  deviceToken?: string;
}
