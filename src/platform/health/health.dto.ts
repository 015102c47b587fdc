import { ApiProperty } from '@nestjs/swagger';

/** The process answers. */
export class LiveDto {
  @ApiProperty({ enum: ['live'] })
  status: 'live';
}

/** Whether requests should be sent here, and how the parts are. */
export class ReadyDto {
  /** `degraded` serves everything, with limits that hold per process until Redis is back. */
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
