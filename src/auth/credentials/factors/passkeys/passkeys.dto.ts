import { ApiProperty } from '@nestjs/swagger';
import { IfPresent } from '../../../../platform/http/validation/if-present.decorator.js';
import { IsSecretText } from '../../../../platform/secrets/secret-text.decorator.js';
import { IsFactorName } from '../factor-name.decorator.js';
import { FactorDto } from '../factors.dto.js';
import { IsPasskeyResponse } from './passkey-response.decorator.js';

/** What a browser needs in order to create a passkey. */
export class PasskeyCreationDto {
  /** Return it with the response. */
  @ApiProperty({ example: 'pI5wXqTgS1q0m3m0bWc4YQe7c9b2Jm8QxkWk1m0r7dE' })
  challenge: string;

  /** `PublicKeyCredentialCreationOptionsJSON`, for `PublicKeyCredential.parseCreationOptionsFromJSON()`. */
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: {
      rp: { name: 'Portcullis', id: 'example.com' },
      challenge: 'x0N2…',
      user: { id: 'q8Vd…', name: 'ada@example.com', displayName: 'Ada' },
      pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
    },
  })
  options: object;
}

/** A passkey to register. */
export class NewPasskeyDto {
  @ApiProperty({ maxLength: 200, example: 'pI5wXqTgS1q0m3m0bWc4YQe7c9b2Jm8QxkWk1m0r7dE' })
  @IsSecretText()
  challenge: string;

  /** Shown in the list of factors; `Passkey` if absent. */
  @ApiProperty({ minLength: 1, maxLength: 64, example: 'Laptop' })
  @IfPresent()
  @IsFactorName()
  name?: string;

  /** `credential.toJSON()` of the browser. Members that the service does not know are ignored. */
  @IsPasskeyResponse()
  response: object;
}

/** A passkey that was registered. */
export class RegisteredPasskeyDto {
  @ApiProperty()
  factor: FactorDto;

  /** Ten codes with the first factor, shown once; null otherwise. */
  @ApiProperty({ type: [String], nullable: true, example: ['MFRG-GZDF-MZTW-Q2LK-NNWG-23TP'] })
  recoveryCodes: string[] | null;
}
