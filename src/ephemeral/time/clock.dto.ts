import { ApiProperty } from '@nestjs/swagger';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsDuration } from './duration.js';
import { IsTime } from '../../platform/http/validation/time.decorator.js';

/** How to move the clock. An empty body resets it to real time. */
export class MoveClockDto {
  /** Moves the clock forward from where it is. */
  @ApiProperty({ type: String, example: '31m' })
  @IfPresent()
  @IsDuration()
  advance?: string | null;

  /** Sets the clock; time runs on from there. */
  @ApiProperty({
    type: String,
    format: 'date-time',
    example: '2027-01-01T00:00:00Z',
  })
  @IfPresent()
  @IsTime()
  now?: string | null;
}

/** The service's time. */
export class ClockDto {
  @ApiProperty({ format: 'date-time' })
  now: string;
}
