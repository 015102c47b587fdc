import { ApiProperty } from '@nestjs/swagger';

/** One policy as callers meet it: how much passes in which time, and what tells one budget from another. */
export class RateLimitDto {
  @ApiProperty({ description: 'The name that the RateLimit header fields use.', example: 'login' })
  name: string;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'Requests per key in any window.', example: 5 })
  limit: number;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'Length of the sliding window.', example: 60 })
  windowSeconds: number;

  @ApiProperty({
    description: 'Whether the limit is met to the request, or by at most 2 % over in any true window.',
    example: true,
  })
  exact: boolean;

  @ApiProperty({
    isArray: true,
    enum: ['user', 'address', 'session', 'account', 'endpoint'],
    description:
      'What tells one budget from another; a part that a request does not have is replaced by its address.',
    example: ['address', 'account'],
  })
  keys: string[];
}

/** Every policy that the installation has switched on, whatever route it holds. */
export class RateLimitsDto {
  @ApiProperty({ type: [RateLimitDto], description: 'The policies in force.' })
  items: RateLimitDto[];
}
