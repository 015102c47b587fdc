import { ApiProperty } from '@nestjs/swagger';

/** An error of an OAuth endpoint (RFC 6749 section 5.2). Programs should rely on `error`; the text is for people. */
export class OAuthErrorDto {
  @ApiProperty({
    enum: [
      'access_denied',
      'insufficient_scope',
      'invalid_client',
      'invalid_request',
      'invalid_scope',
      'invalid_token',
      'server_error',
      'temporarily_unavailable',
      'unauthorized_client',
      'unsupported_grant_type',
      'unsupported_token_type',
    ],
    example: 'invalid_client',
  })
  error: string;

  @ApiProperty({ example: 'The client is not authenticated: unknown, wrong or no credentials.' })
  error_description: string;
}
