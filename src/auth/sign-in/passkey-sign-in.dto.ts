import { ApiProperty, PickType } from '@nestjs/swagger';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsSecretText } from '../../platform/secrets/secret-text.decorator.js';
import { IsPasskeyResponse } from '../credentials/factors/passkeys/passkey-response.decorator.js';
import { LoginDto } from './login.dto.js';

/** The purpose of the options. */
export class PasskeyOptionsDto {
  /** `challenge.token` of a login that needs a second factor; absent for a sign-in and for a step-up. */
  @ApiProperty({ maxLength: 200, example: 'pI5wXqTgS1q0m3m0bWc4YQe7c9b2Jm8QxkWk1m0r7dE' })
  @IfPresent()
  @IsSecretText()
  challenge?: string;
}

/** What a browser needs in order to sign with a passkey. */
export class PasskeyRequestDto {
  /** Return it with the response. */
  @ApiProperty({ example: 'pI5wXqTgS1q0m3m0bWc4YQe7c9b2Jm8QxkWk1m0r7dE' })
  challenge: string;

  /** `PublicKeyCredentialRequestOptionsJSON`, for `PublicKeyCredential.parseRequestOptionsFromJSON()`. */
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { rpId: 'example.com', challenge: 'x0N2…', userVerification: 'required' },
  })
  options: object;
}

/** A sign-in without a password. */
export class PasskeySignInDto extends PickType(LoginDto, ['tokenTransport', 'deviceToken'] as const) {
  @ApiProperty({ maxLength: 200, example: 'pI5wXqTgS1q0m3m0bWc4YQe7c9b2Jm8QxkWk1m0r7dE' })
  @IsSecretText()
  challenge: string;

  /** `credential.toJSON()` of the browser. Members that the service does not know are ignored. */
  @IsPasskeyResponse()
  response: object;
}
