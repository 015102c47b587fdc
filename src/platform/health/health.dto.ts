import { ApiProperty } from '@nestjs/swagger';

/** The process is alive. */
export class LiveDto {
  @ApiProperty({ enum: ['live'] })
  status: 'live';
}

/** Whether to send requests here, and the state of each dependency. */
export class ReadyDto {
  /** `degraded` serves everything, with rate limits per process until Redis is back. */
  @ApiProperty({ enum: ['ready', 'degraded', 'draining', 'unavailable'] })
  status: 'ready' | 'degraded' | 'draining' | 'unavailable';

  @ApiProperty({ enum: ['up', 'down'] })
  postgresql: 'up' | 'down';

  @ApiProperty({ enum: ['up', 'down', 'unconfigured'] })
  redis: 'up' | 'down' | 'unconfigured';

  /** Whether records can be written to the data folder. */
  @ApiProperty({ enum: ['up', 'down'] })
  disk: 'up' | 'down';
}
