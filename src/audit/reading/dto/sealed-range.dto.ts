import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsTime } from './time.decorator.js';

/** A part of the chain, by the time of its seals. */
export class SealedRangeDto {
  /** Only what was sealed since; from the beginning when it is not given. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsTime()
  from?: string;

  /** Only what was sealed until; to the end of the trail when it is not given. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsTime()
  to?: string;
}
