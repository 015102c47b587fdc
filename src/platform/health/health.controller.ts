import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/access.decorator.js';
import { Operational } from '../http/operational.decorator.js';
import { LiveDto, ReadyDto } from './health.dto.js';
import { Readiness } from './readiness.js';

/** Says to supervisors and balancers what they need and no more: nothing here tells a stranger how the service is built. */
@ApiTags('operation')
@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** Returns while the process can answer at all; a supervisor restarts it when this fails. */
  @Get('live')
  @Operational()
  @ApiOperation({ operationId: 'getLiveness', summary: 'Is the process alive?' })
  @ApiOkResponse({ type: LiveDto, description: 'It is.' })
  live(): LiveDto {
    return { status: 'live' };
  }

  /** 503 while PostgreSQL or the disk of the data folder cannot be written to, or the process drains; a balancer then sends requests elsewhere. */
  @Get('ready')
  @Operational()
  @ApiOperation({ operationId: 'getReadiness', summary: 'Should requests be sent here?' })
  @ApiOkResponse({ type: ReadyDto, description: 'Send requests here; `degraded` serves everything too.' })
  @ApiServiceUnavailableResponse({ type: ReadyDto, description: 'Send requests elsewhere.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyDto> {
    const readiness = await this.readiness.check();
    if (readiness.status === 'draining' || readiness.status === 'unavailable') void reply.status(503);
    return readiness;
  }
}
