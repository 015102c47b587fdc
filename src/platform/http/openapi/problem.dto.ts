import { ApiProperty } from '@nestjs/swagger';

/** One invalid member. */
export class FieldFaultDto {
  /** JSON Pointer in URI fragment form (RFC 6901). */
  @ApiProperty({ example: '#/email' })
  pointer: string;

  @ApiProperty({ example: 'email must be an e-mail address' })
  detail: string;
}

/** A login that waits for its second factor. */
export class FactorChallengeDto {
  /** For `POST /auth/login/factor`. */
  @ApiProperty({ example: 'pI5wXqTgS1q0m3m0bWc4YQe7c9b2Jm8QxkWk1m0r7dE' })
  token: string;

  /** What the account can use, the usual method first. */
  @ApiProperty({ type: [String], example: ['totp', 'recovery_code'] })
  methods: string[];

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:35:00.000Z' })
  expiresAt: string;
}

/** An error (RFC 9457). Programs should rely on `code`; the texts are for people and may change. */
export class ProblemDto {
  @ApiProperty({ format: 'uri-reference', example: '/docs/errors#validation_failed' })
  type: string;

  @ApiProperty({ example: 'Validation failed' })
  title: string;

  @ApiProperty({ type: 'integer', example: 400 })
  status: number;

  @ApiProperty({ example: 'The request is well formed, but some of its members are invalid.' })
  detail: string;

  /** Stable; docs/errors.md and `/docs/errors` list all codes. */
  @ApiProperty({ example: 'validation_failed' })
  code: string;

  /** Quote this when contacting an operator; also in the `X-Request-Id` header field. */
  @ApiProperty({ example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' })
  requestId: string;

  /**
   * Every invalid member; only with `validation_failed`. The strength of a password is judged once all other members
   * are valid.
   */
  @ApiProperty({ required: false, type: () => [FieldFaultDto] })
  errors?: FieldFaultDto[];

  /**
   * What refused the request; only with `rate_limited`: policies of `GET /rate-limits`, `account-guessing` or
   * `blocked-address`.
   */
  @ApiProperty({ required: false, type: [String] })
  'violated-policies'?: string[];

  /** The login that goes on with a second factor; only with `factor_required`. */
  @ApiProperty({ required: false, type: () => FactorChallengeDto })
  challenge?: FactorChallengeDto;

  /** The methods by which the user can authenticate again; only with `insufficient_user_authentication`. */
  @ApiProperty({ required: false, type: [String], example: ['password'] })
  methods?: string[];
}
