import { ApiProperty } from '@nestjs/swagger';
import { IfPresent } from '../../../platform/http/validation/if-present.decorator.js';
import { IsSecretText } from '../../../platform/secrets/secret-text.decorator.js';
import type { FactorType } from './factor-names.js';
import { IsFactorName } from './factor-name.decorator.js';

/** The authenticator app to enrol. */
export class NewTotpDto {
  /** Shown in the list of factors; `Authenticator app` if absent. */
  @ApiProperty({ minLength: 1, maxLength: 64, example: 'Phone' })
  @IfPresent()
  @IsFactorName()
  name?: string;
}

/** What an authenticator app needs in order to enrol. It is shown once. */
export class TotpSetupDto {
  @ApiProperty({ format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  id: string;

  /** In base 32, for people who type it. */
  @ApiProperty({ example: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' })
  secret: string;

  @ApiProperty({
    example: 'otpauth://totp/Portcullis:ada%40example.com?secret=GEZDGNBVGY3TQOJQ&issuer=Portcullis',
  })
  uri: string;

  /** `uri` as a QR code: the text of an SVG image. */
  @ApiProperty({ example: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 450 450">...</svg>' })
  qrCode: string;
}

/** The code that an authenticator app shows. */
export class CodeDto {
  /** Blanks and dashes do not matter. */
  @ApiProperty({ maxLength: 200, example: '287 082' })
  @IsSecretText()
  code: string;
}

/** The name of a factor. */
export class FactorNameDto {
  @ApiProperty({ minLength: 1, maxLength: 64, example: 'Phone' })
  @IsFactorName()
  name: string;
}

/** The recovery codes that come with the first factor. */
export class FirstRecoveryCodesDto {
  /** Ten codes with the first factor, shown once; null otherwise. */
  @ApiProperty({ type: [String], nullable: true, example: ['MFRG-GZDF-MZTW-Q2LK-NNWG-23TP'] })
  recoveryCodes: string[] | null;
}

/** New recovery codes; the former ones no longer work. */
export class RecoveryCodesDto {
  /** Ten codes, shown once. */
  @ApiProperty({ type: [String], example: ['MFRG-GZDF-MZTW-Q2LK-NNWG-23TP'] })
  recoveryCodes: string[];
}

/** A second factor of the caller. */
export class FactorDto {
  @ApiProperty({ format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  id: string;

  @ApiProperty({ enum: ['totp', 'passkey'], example: 'totp' })
  type: FactorType;

  @ApiProperty({ example: 'Phone' })
  name: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-23T09:31:00.000Z' })
  lastUsedAt: string | null;

  /** Whether the factor is copied to other devices; null where the service cannot know. */
  @ApiProperty({ type: Boolean, nullable: true, example: null })
  synced: boolean | null;
}

/** The running recovery of lost factors. */
export class FactorRecoveryDto {
  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  startedAt: string;

  /** When the link that removes the factors is sent. */
  @ApiProperty({ format: 'date-time', example: '2026-11-26T09:30:00.000Z' })
  dueAt: string;
}

/** The second factors of the caller. */
export class OwnFactorsDto {
  @ApiProperty({ type: [FactorDto] })
  items: FactorDto[];

  /** How many recovery codes are unused. */
  @ApiProperty({ type: 'integer', example: 10 })
  recoveryCodesLeft: number;

  /** The running recovery of lost factors; null if there is none. `DELETE /users/me/recovery` cancels it. */
  @ApiProperty({ type: FactorRecoveryDto, nullable: true, example: null })
  recovery: FactorRecoveryDto | null;
}
