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

/** Everything stored about a person. */
export class OwnDataDto {
  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  exportedAt: string;

  @ApiProperty({ type: ProfileDto })
  profile: ProfileDto;

  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  sessions: object[];

  @ApiProperty({ type: [FactorDto] })
  factors: FactorDto[];

  /** The active API keys, as of `GET /users/me/api-keys`. */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  apiKeys: object[];

  @ApiProperty({ type: OwnTrailDto })
  trail: OwnTrailDto;
}
