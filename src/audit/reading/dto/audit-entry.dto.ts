import { ApiProperty } from '@nestjs/swagger';
import type { AuditEntry } from '../../audit-entry.js';
import type { AuditOutcome } from '../../audit-vocabulary.js';

/** One entry of the trail. Members that do not apply are null. */
export class AuditEntryDto implements AuditEntry {
  @ApiProperty({ format: 'uuid', example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' })
  id: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  time: string;

  /** An event type, or `api_call`. */
  @ApiProperty({ example: 'authn_login_fail' })
  type: string;

  @ApiProperty({ enum: ['event', 'call'], example: 'event' })
  kind: 'event' | 'call';

  @ApiProperty({ enum: ['success', 'failure'], example: 'failure' })
  outcome: AuditOutcome;

  /** The reason for a failed event, or the problem code of a refused call. */
  @ApiProperty({ type: String, nullable: true, example: 'wrong_password' })
  reason: string | null;

  /** The user that the entry is about. */
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d',
  })
  userId: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  sessionId: string | null;

  @ApiProperty({ type: String, nullable: true, example: '203.0.113.7' })
  address: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101',
  })
  userAgent: string | null;

  @ApiProperty({ type: String, nullable: true, example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' })
  requestId: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  method: string | null;

  /** The pattern of the route, never the path itself. */
  @ApiProperty({ type: String, nullable: true, example: null })
  route: string | null;

  /** The HTTP status of the response to a call. */
  @ApiProperty({ type: 'integer', nullable: true, example: null })
  status: number | null;

  @ApiProperty({ type: Number, nullable: true, example: null })
  durationMs: number | null;

  /**
   * Members specific to the type of event. An account is given as a keyed digest of its e-mail address, never as the
   * address.
   */
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { account: '5b1f0c9d2a7e4f60813c6f5f0e9d7a21' },
  })
  details: Record<string, unknown> | null;
}
