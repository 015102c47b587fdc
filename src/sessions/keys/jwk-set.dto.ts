import { ApiProperty } from '@nestjs/swagger';

/** One public key (RFC 7517 section 4). */
export class JwkDto {
  @ApiProperty({ example: 'RSA' })
  kty: string;

  /** The key's name in the header of tokens. */
  @ApiProperty({ example: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' })
  kid: string;

  @ApiProperty({ example: 'sig' })
  use: string;

  @ApiProperty({ example: 'RS256' })
  alg: string;

  /** RSA modulus, base64url. */
  n?: string;

  /** RSA exponent, base64url. */
  @ApiProperty({ required: false, example: 'AQAB' })
  e?: string;

  /** Curve of an ES256 key. */
  crv?: string;

  /** First coordinate of an ES256 key, base64url. */
  x?: string;

  /** Second coordinate of an ES256 key, base64url. */
  y?: string;
}

/** The key set. */
export class JwkSetDto {
  keys: JwkDto[];
}
