import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsTime } from '../../../platform/http/validation/time.decorator.js';

/** A part of the chain, selected by the time of its seals. */
export class SealedRangeDto {
  /** Only seals since this time; defaults to the beginning. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsTime()
  from?: string;

  /** Only seals until this time; defaults to the end of the trail. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsTime()
  to?: string;
}
