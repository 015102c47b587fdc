import { ApiProperty } from '@nestjs/swagger';
import { type Role, ROLES } from '../../../platform/access/principal.js';
import { ClientFormDto } from '../client-form.dto.js';

/** The token that the client asks about (RFC 7662 section 2.1, RFC 7009 section 2.1). */
export class TokenFormDto extends ClientFormDto {
  /** An access token, an assertion of the gateway, an API key or a refresh token. */
  @ApiProperty({
    example: 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ik56Yi4uLiJ9.eyJpc3MiOiIuLi4ifQ.c2ln',
  })
  token: string;

  /** Optional and ignored: the type is detected from the token. */
  @ApiProperty({ required: false, example: 'access_token' })
  token_type_hint?: string;
}

/** What is known of a token (RFC 7662 section 2.2). Of a token that is not active, nothing else is said. */
export class IntrospectionDto {
  /** Whether the token is accepted at present. Refresh tokens never are. */
  @ApiProperty({ example: true })
  active: boolean;

  /** The service. */
  @ApiProperty({ required: false, example: 'https://auth.example.com' })
  iss?: string;

  /** For whom the token is meant: `JWT_AUDIENCE` of the service or, for an assertion, the audience of the gateway's rule. */
  @ApiProperty({ required: false, example: 'portcullis' })
  aud?: string;

  /** The person or the service account. */
  @ApiProperty({ required: false, format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  sub?: string;

  /** The id of the token; of an API key, the same as `key`. */
  @ApiProperty({ required: false, format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  jti?: string;

  /** The service account; for access tokens of people, the audience. Absent from assertions and from keys of people. */
  @ApiProperty({ required: false, example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  client_id?: string;

  /** What a program may do at present, separated by blanks. Absent for people, who have roles. */
  @ApiProperty({ required: false, example: 'orders:read' })
  scope?: string;

  /**
   * The present roles of the person whose key it is. Its scopes only narrow what they may do: people choose the scopes of their
   * keys themselves. Absent for service accounts and for sessions.
   */
  @ApiProperty({ required: false, enum: ROLES, isArray: true, example: ['user'] })
  owner_roles?: readonly Role[];

  /** The session of a person. */
  @ApiProperty({ required: false, format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  sid?: string;

  /** The id of the API key that the token is, or that got it. */
  @ApiProperty({ required: false, format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  key?: string;

  /** `Bearer`, or `N_A` for an assertion, which is no access token (RFC 8693 section 2.2.1). */
  @ApiProperty({ required: false, enum: ['Bearer', 'N_A'], example: 'Bearer' })
  token_type?: 'Bearer' | 'N_A';

  /** Unix seconds. */
  @ApiProperty({ required: false, type: 'integer', example: 1_795_400_000 })
  iat?: number;

  /** Unix seconds. */
  @ApiProperty({ required: false, type: 'integer', example: 1_795_400_900 })
  exp?: number;
}
