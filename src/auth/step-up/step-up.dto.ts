import { ApiProperty } from '@nestjs/swagger';
import { IsIn, ValidateBy, ValidateIf, type ValidationArguments } from 'class-validator';
import { IfPresent } from '../../platform/http/if-present.decorator.js';
import { IsSecretText } from '../../platform/secrets/secret-text.decorator.js';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

const METHODS = ['totp'] as const;

const has = (body: object, member: string) => (body as Record<string, unknown>)[member] != null;

/** A member that is allowed only beside another one, or only without it. */
const Beside = (other: 'password' | 'method', allowed: boolean) =>
  ValidateBy({
    name: 'beside',
    validator: {
      validate: (_, { object }: ValidationArguments) => has(object, other) === allowed,
      defaultMessage: () => `$property ${allowed ? 'is allowed only' : 'is not allowed'} beside ${other}`,
    },
  });

/** A further proof of identity in an existing session: the password, or a method with its code. */
export class StepUpDto {
  /** For accounts without a second factor. */
  @ApiProperty({
    required: false,
    format: 'password',
    maxLength: 256,
    example: 'wandering otters hum at 4 bells',
  })
  @ValidateIf((body: StepUpDto) => !has(body, 'method') || has(body, 'password'))
  @IsPasswordText()
  password?: string;

  @ApiProperty({ required: false, enum: METHODS, example: 'totp' })
  @IfPresent()
  @IsIn(METHODS, { message: `method must be ${METHODS.join(', ')}` })
  @Beside('password', false)
  method?: 'totp';

  /** The code of an authenticator app, with `method`. Blanks and dashes do not matter. */
  @ApiProperty({ required: false, maxLength: 200, example: '287 082' })
  @ValidateIf((body: StepUpDto) => has(body, 'method') || has(body, 'code'))
  @IsSecretText()
  @Beside('method', true)
  code?: string;
}
