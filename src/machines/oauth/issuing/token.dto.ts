import { ApiProperty } from '@nestjs/swagger';
import { ClientFormDto } from '../client-form.dto.js';

/** What the client wants (RFC 6749 section 4.4.2). */
export class TokenRequestDto extends ClientFormDto {
  @ApiProperty({ enum: ['client_credentials'], example: 'client_credentials' })
  grant_type: 'client_credentials';

  /** Scopes that the key and the service account have, separated by spaces. All of them if it is absent. */
  @ApiProperty({ required: false, example: 'orders:read' })
  scope?: string;
}

/** The access token (RFC 6749 section 5.1). */
export class TokenResponseDto {
  /** A JWT with `sub` and `client_id` (the service account), `key` (the key that got it) and `scope`. */
  @ApiProperty({
    example: 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ik56Yi4uLiJ9.eyJpc3MiOiIuLi4ifQ.c2lnbmF0dXJl',
  })
  access_token: string;

  @ApiProperty({ enum: ['Bearer'], example: 'Bearer' })
  token_type: 'Bearer';

  /** Seconds until it expires. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 900 })
  expires_in: number;

  /** The scopes of the token, separated by spaces. */
  @ApiProperty({ example: 'orders:read' })
  scope: string;
}
