import { ApiProperty } from '@nestjs/swagger';
import { AuditEntryDto } from './audit-entry.dto.js';

/** A page of the trail, newest first. */
export class AuditPageDto {
  @ApiProperty({ type: [AuditEntryDto] })
  items: AuditEntryDto[];

  /** Pass it as `cursor`, with the same filters, to get the next page; null on the last page. */
  @ApiProperty({ type: String, nullable: true, example: null })
  nextCursor: string | null;
}
