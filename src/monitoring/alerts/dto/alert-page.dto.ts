import { ApiProperty } from '@nestjs/swagger';
import { AlertDto } from './alert.dto.js';

/** A page of alerts, the one last seen most recently first. */
export class AlertPageDto {
  @ApiProperty({ type: [AlertDto] })
  items: AlertDto[];

  /** Pass it as `cursor` to get the next page; null on the last one. */
  @ApiProperty({ type: String, nullable: true, example: null })
  nextCursor: string | null;
}
