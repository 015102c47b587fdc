import { ApiProperty } from '@nestjs/swagger';
import { AlertDto } from './alert.dto.js';

/** A page of alerts, the most recently seen first. */
export class AlertPageDto {
  @ApiProperty({ type: [AlertDto] })
  items: AlertDto[];

  /** Pass it as `cursor` to get the next page; null on the last page. */
  @ApiProperty({ type: String, nullable: true, example: null })
  nextCursor: string | null;
}
