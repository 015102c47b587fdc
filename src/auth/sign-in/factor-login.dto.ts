import { ApiProperty, PickType } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { NotBeside, OnlyBeside } from '../../platform/http/validation/beside.decorator.js';
import { IsSecretText } from '../../platform/secrets/secret-text.decorator.js';
import type { FactorMethod } from '../credentials/factors/factor-methods.js';
import { IsPasskeyResponse } from '../credentials/factors/passkeys/passkey-response.decorator.js';
import { CODE_METHODS } from '../credentials/factors/typed-code.js';
import { LoginDto } from './login.dto.js';

const METHODS = ['passkey', ...CODE_METHODS] as const;

const isPasskey = ({ method }: { readonly method?: unknown }) => method === 'passkey';

/** The second half of a login. `tokenTransport` defaults to that of the first half. */
export class FactorLoginDto extends PickType(LoginDto, ['tokenTransport', 'deviceToken'] as const) {
  /** `challenge.token` of the response to the first half. */
  @ApiProperty({ maxLength: 200, example: 'pI5wXqTgS1q0m3m0bWc4YQe7c9b2Jm8QxkWk1m0r7dE' })
  @IsSecretText()
  challenge: string;

  /** One of `challenge.methods`. */
  @ApiProperty({ enum: METHODS, example: 'totp' })
  @IsIn(METHODS, { message: `method must be one of ${METHODS.join(', ')}` })
  method: FactorMethod;

  /** With the methods `totp` and `recovery_code`. Case, spaces and dashes do not matter. */
  @ApiProperty({ required: false, nullable: true, maxLength: 200, example: '287 082' })
  @ValidateIf((body: FactorLoginDto) => !isPasskey(body) || body.code != null)
  @IsSecretText()
  @NotBeside('the method passkey', isPasskey)
  code?: string;

  /**
   * With the method `passkey`: `credential.toJSON()` of the browser, for the options of `POST /auth/passkey/options` with
   * this challenge.
   */
  @ValidateIf((body: FactorLoginDto) => isPasskey(body) || body.response != null)
  @IsPasskeyResponse({ optional: true })
  @OnlyBeside('the method passkey', isPasskey)
  response?: object;
}
