import { ApiProperty } from '@nestjs/swagger';
import type { AuthenticationMethod } from '../proofs.js';

/** One of the caller's sessions, described so that its owner can recognise it. */
export class OwnSessionDto {
  @ApiProperty({ format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  id: string;

  /** Whether this is the session of the request itself. */
  current: boolean;

  /** Derived from the `User-Agent` that the client sent at login; it proves nothing. */
  @ApiProperty({ example: 'Chrome on Windows' })
  device: string;

  /** The network of the login, an IPv4 /24 or IPv6 /64; null if unknown. */
  @ApiProperty({ type: String, nullable: true, example: '203.0.113.0/24' })
  network: string | null;

  /** The location of that network according to `GEOIP_DATABASE`; null without a database, or if it has no entry. */
  @ApiProperty({ type: String, nullable: true, example: null })
  place: string | null;

  /** The methods that were proven (RFC 8176); `mfa` stands for two factors. */
  @ApiProperty({ enum: ['pwd', 'otp', 'pop', 'user', 'mfa'], isArray: true, example: ['pwd'] })
  methods: AuthenticationMethod[];

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  createdAt: string;

  /** The latest use; may lag by up to a minute. */
  @ApiProperty({ format: 'date-time', example: '2026-11-24T17:05:00.000Z' })
  lastSeenAt: string;

  /** The latest time at which the session ends; an idle session ends earlier. */
  @ApiProperty({ format: 'date-time', example: '2026-12-23T09:30:00.000Z' })
  expiresAt: string;
}

/** The live sessions of an account, newest first; 100 at most. */
export class OwnSessionsDto {
  @ApiProperty({ type: [OwnSessionDto] })
  items: OwnSessionDto[];
}
