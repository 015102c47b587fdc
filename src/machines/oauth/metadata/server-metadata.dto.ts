import { ApiProperty } from '@nestjs/swagger';

const METHODS = {
  isArray: true,
  type: String,
  example: ['client_secret_basic', 'client_secret_post'],
} as const;

/** What a client of OAuth 2.0 must know of this service (RFC 8414 section 2). */
export class ServerMetadataDto {
  /** `iss` of all access tokens. */
  @ApiProperty({ example: 'https://auth.example.com' })
  issuer: string;

  @ApiProperty({ format: 'uri', example: 'https://auth.example.com/oauth/token' })
  token_endpoint: string;

  @ApiProperty(METHODS)
  token_endpoint_auth_methods_supported: string[];

  @ApiProperty({ isArray: true, type: String, example: ['client_credentials'] })
  grant_types_supported: string[];

  /** Empty: nobody is redirected to this service to authorise a client. */
  @ApiProperty({ isArray: true, type: String, example: [] })
  response_types_supported: string[];

  /** The scopes of this service. Keys and service accounts can have others, of your own services. */
  @ApiProperty({ isArray: true, type: String, example: ['audit:read', 'tokens:introspect'] })
  scopes_supported: string[];

  @ApiProperty({ format: 'uri', example: 'https://auth.example.com/.well-known/jwks.json' })
  jwks_uri: string;

  @ApiProperty({ format: 'uri', example: 'https://auth.example.com/oauth/introspect' })
  introspection_endpoint: string;

  @ApiProperty({ ...METHODS, example: [...METHODS.example, 'Bearer'] })
  introspection_endpoint_auth_methods_supported: string[];

  @ApiProperty({ format: 'uri', example: 'https://auth.example.com/oauth/revoke' })
  revocation_endpoint: string;

  @ApiProperty(METHODS)
  revocation_endpoint_auth_methods_supported: string[];
}
