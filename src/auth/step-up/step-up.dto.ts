import { ApiProperty } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { NotBeside, OnlyBeside } from '../../platform/http/validation/beside.decorator.js';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsSecretText } from '../../platform/secrets/secret-text.decorator.js';
import { IsPasskeyResponse } from '../credentials/factors/passkeys/passkey-response.decorator.js';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

const METHODS = ['passkey', 'totp'] as const;

const has = (body: object, member: string) => (body as Record<string, unknown>)[member] != null;
const isPasskey = (body: object) => (body as StepUpDto).method === 'passkey';
const isCode = (body: object) => has(body, 'method') && !isPasskey(body);

/** A further proof of identity in an existing session: the password, or a method with what it needs. */
export class StepUpDto {
  /** For accounts without a second factor, and for sessions that have lost the one with which they were opened. */
  @ApiProperty({
    required: false,
    nullable: true,
    format: 'password',
    maxLength: 256,
    example: 'wandering otters hum at 4 bells',
  })
  @ValidateIf((body: StepUpDto) => !has(body, 'method') || has(body, 'password'))
  @IsPasswordText()
  password?: string;

  @ApiProperty({ enum: METHODS, example: 'totp' })
  @IfPresent()
  @IsIn(METHODS, { message: `method must be one of ${METHODS.join(', ')}` })
  @NotBeside('password', (body) => has(body, 'password'))
  method?: 'passkey' | 'totp';

  /** The code of an authenticator app, with the method `totp`. Blanks and dashes do not matter. */
  @ApiProperty({ required: false, nullable: true, maxLength: 200, example: '287 082' })
  @ValidateIf((body: StepUpDto) => isCode(body) || has(body, 'code'))
  @IsSecretText()
  @OnlyBeside('method totp', isCode)
  code?: string;

  /** The challenge of `POST /auth/passkey/options`, with the method `passkey`. */
  @ApiProperty({
    required: false,
    nullable: true,
    maxLength: 200,
    example: 'pI5wXqTgS1q0m3m0bWc4YQe7c9b2Jm8QxkWk1m0r7dE',
  })
  @ValidateIf((body: StepUpDto) => isPasskey(body) || has(body, 'challenge'))
  @IsSecretText()
  @OnlyBeside('method passkey', isPasskey)
  challenge?: string;

  /** `credential.toJSON()` of the browser, with the method `passkey`. */
  @ValidateIf((body: StepUpDto) => isPasskey(body) || has(body, 'response'))
  @IsPasskeyResponse({ optional: true })
  @OnlyBeside('method passkey', isPasskey)
  response?: object;
}
