import { ApiProperty } from '@nestjs/swagger';
import { AuditEntryDto } from '../reading/dto/audit-entry.dto.js';

/** An event of one's own account, as the trail has it and in words. */
export class ActivityDto extends AuditEntryDto {
  /** What happened, for a person to read. */
  @ApiProperty({ example: 'Failed to sign in from Firefox on Linux, 203.0.113.0/24' })
  summary: string;
}

/** A page of one's own activity, newest first. */
export class ActivityPageDto {
  @ApiProperty({ type: [ActivityDto] })
  items: ActivityDto[];

  /** Pass it as `cursor` to get the next page; null on the last one. */
  @ApiProperty({ type: String, nullable: true, example: null })
  nextCursor: string | null;
}
