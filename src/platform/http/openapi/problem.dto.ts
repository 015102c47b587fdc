import { ApiProperty } from '@nestjs/swagger';

/** One member that was not acceptable. */
export class FieldFaultDto {
  /** JSON Pointer as URI fragment (RFC 6901). */
  @ApiProperty({ example: '#/email' })
  pointer: string;

  @ApiProperty({ example: 'email must be an e-mail address' })
  detail: string;
}

/** What went wrong (RFC 9457). Programs go by `code`; the texts are for people and may change. */
export class ProblemDto {
  @ApiProperty({ format: 'uri-reference', example: '/docs/errors#validation_failed' })
  type: string;

  @ApiProperty({ example: 'Validation failed' })
  title: string;

  @ApiProperty({ type: 'integer', example: 400 })
  status: number;

  @ApiProperty({ example: 'The request is well formed, but some of its members are not acceptable.' })
  detail: string;

  /** Stable; docs/errors.md and `/docs/errors` have all of them. */
  @ApiProperty({ example: 'validation_failed' })
  code: string;

  /** To be named when asking an operator; also in the `X-Request-Id` header field. */
  @ApiProperty({ example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' })
  requestId: string;

  /**
   * The members that are not acceptable, with `validation_failed` only: all of them, but the strength of a password is
   * judged once the others are right.
   */
  @ApiProperty({ required: false, type: () => [FieldFaultDto] })
  errors?: FieldFaultDto[];

  /** What refused the request, with `rate_limited` only: policies of `GET /rate-limits`, `account-guessing` or `blocked-address`. */
  @ApiProperty({ required: false, type: [String] })
  'violated-policies'?: string[];
}
