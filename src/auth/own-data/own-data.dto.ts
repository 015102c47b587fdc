import { ApiProperty } from '@nestjs/swagger';
import { ProvenEntryDto } from '../../audit/reading/dto/proven-entry.dto.js';
import { ProfileDto } from '../../users/dto/profile.dto.js';
import { FactorDto } from '../credentials/factors/factors.dto.js';

/** The entries of the trail about a person, and what proves them; see docs/audit-format.md. */
export class OwnTrailDto {
  @ApiProperty({ type: [ProvenEntryDto], description: 'Each one has `inclusion` in addition.' })
  entries: ProvenEntryDto[];

  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  seals: object[];

  /** SubjectPublicKeyInfo, DER, base64. */
  @ApiProperty()
  publicKey: string;
}

/** When a person logged in; null for an account that has never been used. */
export class OwnLoginsDto {
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-20T09:30:00.000Z' })
  firstAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-23T09:30:00.000Z' })
  lastAt: string | null;
}

/** A device that the account remembers, because its owner has logged in on it. */
export class OwnDeviceDto {
  @ApiProperty({ format: 'uuid' })
  deviceId: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-20T09:30:00.000Z' })
  firstLoginAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  lastLoginAt: string;
}

/** The data of an account and its owner. */
export class OwnDataDto {
  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  exportedAt: string;

  @ApiProperty({ type: ProfileDto })
  profile: ProfileDto;

  @ApiProperty({ type: OwnLoginsDto })
  logins: OwnLoginsDto;

  /** The live sessions. */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  sessions: object[];

  @ApiProperty({ type: [OwnDeviceDto] })
  devices: OwnDeviceDto[];

  @ApiProperty({ type: [FactorDto] })
  factors: FactorDto[];

  /** The active API keys, as of `GET /users/me/api-keys`. */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  apiKeys: object[];

  @ApiProperty({ type: OwnTrailDto })
  trail: OwnTrailDto;
}
