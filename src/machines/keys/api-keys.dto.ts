import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsPrintableText } from '../../users/display-name.decorator.js';
import { IsScopes } from './scopes.decorator.js';

const MAX_DAYS = 366;
const DEFAULT_DAYS = 90;
const MAX_NAME = 80;

/** The name of a key or a service account, 1 to 80 characters. */
export const IsMachineName = () => IsPrintableText('name', MAX_NAME);

/** The key to create. */
export class CreateApiKeyDto {
  /** For the list of keys. */
  @ApiProperty({ minLength: 1, maxLength: MAX_NAME, example: 'Nightly report' })
  @IsMachineName()
  name: string;

  /** What the key may be used for. A scope has effect only while the owner may use it. */
  @IsScopes()
  scopes: string[];

  /** Days until the key expires. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_DAYS, default: DEFAULT_DAYS })
  @IfPresent()
  @IsInt()
  @Min(1)
  @Max(MAX_DAYS)
  expiresInDays?: number;

  /** Returns what the key is made with. */
  static describe({ name, scopes, expiresInDays = DEFAULT_DAYS }: CreateApiKeyDto) {
    return { name, scopes, lifetimeDays: expiresInDays };
  }
}

/** An active API key, without the key itself. */
export class ApiKeyDto {
  @ApiProperty({ format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  id: string;

  @ApiProperty({ example: 'Nightly report' })
  name: string;

  @ApiProperty({ type: [String], example: ['audit:read', 'orders:read'] })
  scopes: string[];

  /** The first ten characters of the key. */
  @ApiProperty({ example: 'ptc_u_4fQz' })
  hint: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2027-02-21T09:30:00.000Z' })
  expiresAt: string;

  /** May lag by up to a minute; null until the first use. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  lastUsedAt: string | null;
}

/** A new API key. */
export class NewApiKeyDto extends ApiKeyDto {
  /** The key itself. It is shown once and not stored. */
  @ApiProperty({ example: 'ptc_u_<32 letters and digits><checksum>' })
  key: string;
}

/** The active keys of an owner, newest first; 50 at most. */
export class ApiKeysDto {
  @ApiProperty({ type: [ApiKeyDto] })
  items: ApiKeyDto[];
}
