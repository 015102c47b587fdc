import { ApiProperty } from '@nestjs/swagger';
import { AuditEntryDto } from '../reading/dto/audit-entry.dto.js';

/** An event of the caller's own account: the entry of the trail and a description. */
export class ActivityDto extends AuditEntryDto {
  /** What happened, in words. */
  @ApiProperty({ example: 'Failed to sign in from Firefox on Linux, 203.0.113.0/24' })
  summary: string;
}

/** A page of the caller's own activity, newest first. */
export class ActivityPageDto {
  @ApiProperty({ type: [ActivityDto] })
  items: ActivityDto[];

  /** Pass it as `cursor` to get the next page; null on the last page. */
  @ApiProperty({ type: String, nullable: true, example: null })
  nextCursor: string | null;
}
