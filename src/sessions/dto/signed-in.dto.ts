import { ApiProperty } from '@nestjs/swagger';
import { ProfileDto } from '../../users/dto/profile.dto.js';

/** One sign-in on one device. */
export class SessionDto {
  @ApiProperty({ format: 'uuid', example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' })
  id: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  createdAt: string;

  /** The latest time at which the session ends; an idle session ends earlier. */
  @ApiProperty({ format: 'date-time', example: '2026-12-23T09:30:00.000Z' })
  expiresAt: string;
}

/** Signed in with cookies: the tokens are in `Set-Cookie` only. */
export class CookieSignedInDto {
  user: ProfileDto;

  session: SessionDto;

  /** When the access token expires; scripts cannot read this from the cookie. */
  @ApiProperty({ format: 'date-time', example: '2026-11-23T10:00:00.000Z' })
  accessTokenExpiresAt: string;

  /** Seconds until then, for clients whose clock may be wrong. */
  @ApiProperty({ type: 'integer', example: 1800 })
  expiresIn: number;
}

/** Signed in with tokens in the body: no cookie is set. */
export class BodySignedInDto {
  @ApiProperty({ enum: ['Bearer'] })
  tokenType: 'Bearer';

  /** JWS, verifiable with the keys of `/.well-known/jwks.json`; sent as `Authorization: Bearer`. */
  accessToken: string;

  /** Seconds until the access token expires. */
  @ApiProperty({ type: 'integer', example: 1800 })
  expiresIn: number;

  /** Opaque; can be used once, and repeated by the same user agent for ten seconds. */
  refreshToken: string;

  /** Seconds until the session ends if it is not refreshed. */
  @ApiProperty({ type: 'integer', example: 604800 })
  refreshExpiresIn: number;

  /** Send this with the next login from this device. */
  deviceToken: string;

  user: ProfileDto;

  session: SessionDto;
}
