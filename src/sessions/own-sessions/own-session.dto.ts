import { ApiProperty } from '@nestjs/swagger';
import type { AuthenticationMethod } from '../proofs.js';

/** One of one's own sessions, in words by which it can be recognised. */
export class OwnSessionDto {
  @ApiProperty({ format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  id: string;

  /** Whether it is the session of this very request. */
  current: boolean;

  /** What the client said of itself when it signed in; no proof of anything. */
  @ApiProperty({ example: 'Chrome on Windows' })
  device: string;

  /** Where it signed in from, an IPv4 /24 or IPv6 /64; null where that is unknown. */
  @ApiProperty({ type: String, nullable: true, example: '203.0.113.0/24' })
  network: string | null;

  /** Where that network is, as `GEOIP_DATABASE` has it; null without one, or where it does not know. */
  @ApiProperty({ type: String, nullable: true, example: null })
  place: string | null;

  /** What was proven, by the names of RFC 8176; `mfa` for two factors. */
  @ApiProperty({ enum: ['pwd', 'otp', 'pop', 'user', 'mfa'], isArray: true, example: ['pwd'] })
  methods: AuthenticationMethod[];

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  createdAt: string;

  /** The latest use, at most a minute late. */
  @ApiProperty({ format: 'date-time', example: '2026-11-24T17:05:00.000Z' })
  lastSeenAt: string;

  /** The absolute end; without use the session ends earlier. */
  @ApiProperty({ format: 'date-time', example: '2026-12-23T09:30:00.000Z' })
  expiresAt: string;
}

/** All sessions of an account that are not over, newest first; 100 at most. */
export class OwnSessionsDto {
  @ApiProperty({ type: [OwnSessionDto] })
  items: OwnSessionDto[];
}
