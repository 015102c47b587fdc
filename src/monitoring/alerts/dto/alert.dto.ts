import { ApiProperty } from '@nestjs/swagger';
import type { AlertBody } from '../alert-body.js';
import type { Evidence } from '../alert-kind.js';
import { ALERT_STATES, type AlertState } from '../alert.entity.js';
import { SEVERITIES, type Severity } from '../severity.js';

/** An alert: a rule is, or was, true of a subject. */
export class AlertDto implements AlertBody {
  /** Stays the same when the alert recurs. */
  @ApiProperty({ format: 'uuid', example: '8f3c1d6a-52e7-8b04-9a41-6f0a7e1b2c3d' })
  id: string;

  /** The rule's stable name. */
  @ApiProperty({ example: 'credential_stuffing' })
  rule: string;

  @ApiProperty({ enum: SEVERITIES, example: 'critical' })
  severity: Severity;

  /** The subject: a client address, an account's digest, a user, a session, a dependency, or the service. */
  @ApiProperty({ example: 'address:192.0.2.7' })
  subject: string;

  @ApiProperty({ enum: ALERT_STATES, example: 'open' })
  state: AlertState;

  /** Occurrences since the alert was first seen. */
  @ApiProperty({ type: 'integer', example: 12 })
  count: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  firstSeenAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:31:20.000Z' })
  lastSeenAt: string;

  /** What the last occurrence showed: a `summary` in words, and figures, digests, ids and addresses. */
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: {
      summary: '24 of 25 logins from one address failed within 600 s, on 20 accounts.',
      counted: 24,
      addresses: ['192.0.2.7'],
    },
  })
  evidence: Evidence;

  /** The id of the user or service account that acknowledged it; null until then. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  acknowledgedBy: string | null;

  /** The id of the user or service account that closed it; null in state `resolved` if its cause ended on its own. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  resolvedBy: string | null;
}
