import { ApiProperty } from '@nestjs/swagger';
import { KEY_PARTS, type KeyPart } from '../policies/policy.js';

/** A rate-limit policy as shown to clients: its limit, its window and its key. */
export class RateLimitDto {
  @ApiProperty({ description: 'Policy name in the RateLimit header fields.', example: 'login' })
  name: string;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    description: 'Requests allowed per key in any window.',
    example: 5,
  })
  limit: number;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    description: 'Length of the sliding window, in seconds.',
    example: 60,
  })
  windowSeconds: number;

  @ApiProperty({
    description: 'Whether the limit is exact; otherwise a window may admit up to 2 % more.',
    example: true,
  })
  exact: boolean;

  @ApiProperty({
    isArray: true,
    enum: KEY_PARTS,
    description:
      'The parts of the key that requests are counted by. A caller who is not known is counted by address in place of `user`. A policy by session or account does not apply to a request that names none.',
    example: ['address', 'account'],
  })
  keys: readonly KeyPart[];
}

/** Every policy that is enabled on this installation, whichever routes use it. */
export class RateLimitsDto {
  @ApiProperty({ type: [RateLimitDto], description: 'The policies in force.' })
  items: RateLimitDto[];
}
