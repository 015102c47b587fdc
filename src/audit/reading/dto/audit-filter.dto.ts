import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsIP, IsOptional, Matches } from 'class-validator';
import { canonicalIp } from '../../../platform/http/client-ip/ip-address.js';
import { API_CALL, type AuditOutcome } from '../../audit-vocabulary.js';
import { AUDIT_EVENT_TYPES } from '../../event-types.js';
import { IsTime } from '../../../platform/http/validation/time.decorator.js';

const TYPES = [...AUDIT_EVENT_TYPES, API_CALL];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Selects entries. All given filters must match. */
export class AuditFilterDto {
  /** The earliest time, RFC 3339; defaults to 24 h before `to`. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsTime()
  from?: string;

  /** The time before which entries must lie, RFC 3339; defaults to now. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsTime()
  to?: string;

  /** Only entries of this type; `api_call` for API calls. */
  @ApiPropertyOptional({ enum: TYPES })
  @IsOptional()
  @IsIn(TYPES, { message: '$property must be a type of the audit vocabulary' })
  type?: string;

  /** Only successes, or only failures. */
  @ApiPropertyOptional({ enum: ['success', 'failure'] })
  @IsOptional()
  @IsIn(['success', 'failure'])
  outcome?: AuditOutcome;

  /** Only entries about this user. */
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @Matches(UUID, { message: '$property must be a UUID in lower case' })
  userId?: string;

  /** A client address, IPv4 or IPv6 in any spelling, for example `203.0.113.7`. */
  @ApiPropertyOptional()
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? (canonicalIp(value) ?? value) : value,
  )
  @IsIP(undefined, { message: '$property must be an IP address' })
  address?: string;

  /** Only entries of the request with this `X-Request-Id`. */
  @ApiPropertyOptional({ pattern: '^[A-Za-z0-9._-]{8,64}$' })
  @IsOptional()
  @Matches(/^[A-Za-z0-9._-]{8,64}$/, { message: '$property must be a request id' })
  requestId?: string;
}
