import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { type ListedReason, REVOCATION_REASONS } from './revocation-item.js';

/** Where to continue, and how long to wait for the next revocation. */
export class ListRevocationsDto {
  /**
   * A `cursor` of an earlier answer or of one of its items, such as `1842`; without it, the list begins with the oldest
   * item kept.
   */
  @ApiPropertyOptional()
  @IsOptional()
  @Matches(/^\d{1,15}$/, { message: 'after must be a cursor of an earlier answer' })
  after?: string;

  /** Seconds to wait if there is no revocation after the cursor. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: 30, default: 0 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(30)
  wait: number = 0;
}

/** A session or key whose tokens must not be accepted any more. */
export class RevocationDto {
  /** Serves as `after`. */
  @ApiProperty({ example: '1842' })
  cursor: string;

  /** The `sid` of the tokens concerned; null if they are those of a key. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  sessionId: string | null;

  /** The user or service account, for information. */
  @ApiProperty({ format: 'uuid' })
  subject: string;

  /** The `key` of the tokens concerned, and the id of the key itself; null if they are those of a session. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  keyId: string | null;

  /**
   * `reduced`, and `disabled` for a key: only tokens whose `iat` is up to the second of `revokedAt` are void, because a key works
   * again once its account is enabled. Otherwise, all are.
   */
  @ApiProperty({ enum: REVOCATION_REASONS, example: 'logout' })
  reason: ListedReason;

  @ApiProperty({ format: 'date-time' })
  revokedAt: string;

  /** By then, the last token concerned has expired. */
  @ApiProperty({ format: 'date-time' })
  expiresAt: string;
}

/** A part of the list. */
export class RevocationsDto {
  /** In the order in which they became visible, at most 1,000. If there are as many, ask again at once. */
  items: RevocationDto[];

  /** The `after` of the next request. */
  @ApiProperty({ example: '1842' })
  cursor: string;
}
