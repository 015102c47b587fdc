import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/access.decorator.js';
import { Operational } from '../http/routes/operational.decorator.js';
import { LiveDto, ReadyDto } from './health.dto.js';
import { Readiness } from './readiness.js';

/** Health checks for supervisors and load balancers. They reveal nothing else about how the service is built. */
@ApiTags('operation')
@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** Succeeds while the process can respond at all; a supervisor should restart it when this fails. */
  @Get('live')
  @Operational()
  @ApiOperation({ operationId: 'getLiveness', summary: 'Check whether the process is alive' })
  @ApiOkResponse({ type: LiveDto, description: 'The process is alive.' })
  live(): LiveDto {
    return { status: 'live' };
  }

  /**
   * Returns 503 while PostgreSQL or the disk of the data folder is not writable, or the process drains; load balancers
   * then send requests elsewhere.
   */
  @Get('ready')
  @Operational()
  @ApiOperation({ operationId: 'getReadiness', summary: 'Check whether to send requests here' })
  @ApiOkResponse({
    type: ReadyDto,
    description: 'Send requests here. In the state `degraded`, all requests are served as well.',
  })
  @ApiServiceUnavailableResponse({ type: ReadyDto, description: 'Send requests elsewhere.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyDto> {
    const readiness = await this.readiness.check();
    if (readiness.status === 'draining' || readiness.status === 'unavailable') void reply.status(503);
    return readiness;
  }
}
