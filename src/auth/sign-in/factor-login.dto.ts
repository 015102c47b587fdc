import { ApiProperty, PickType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { IsSecretText } from '../../platform/secrets/secret-text.decorator.js';
import { CODE_METHODS, type CodeMethod } from '../credentials/factors/typed-code.js';
import { LoginDto } from './login.dto.js';

/** The second half of a login. `tokenTransport` defaults to that of the first half. */
export class FactorLoginDto extends PickType(LoginDto, ['tokenTransport', 'deviceToken'] as const) {
  /** `challenge.token` of the response to the first half. */
  @ApiProperty({ maxLength: 200, example: 'pI5wXqTgS1q0m3m0bWc4YQe7c9b2Jm8QxkWk1m0r7dE' })
  @IsSecretText()
  challenge: string;

  /** One of `challenge.methods`. */
  @ApiProperty({ enum: CODE_METHODS, example: 'totp' })
  @IsIn(CODE_METHODS, { message: `method must be one of ${CODE_METHODS.join(', ')}` })
  method: CodeMethod;

  /** Case, blanks and dashes do not matter. */
  @ApiProperty({ maxLength: 200, example: '287 082' })
  @IsSecretText()
  code: string;
}
