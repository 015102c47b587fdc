import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { SessionErrors } from '../../sessions/session.errors.js';
import { Public } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Operational } from '../../platform/http/routes/operational.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { MetricsGuard } from './metrics.guard.js';
import { ServiceMetrics } from './service-metrics.js';

/** Serves the metrics to operators only; see {@link MetricsGuard}. */
@ApiTags('operation')
@Controller('metrics')
@Public()
@UseGuards(MetricsGuard)
export class MetricsController {
  constructor(private readonly metrics: ServiceMetrics) {}

  /**
   * Returns all metrics of the service on this machine, summed over its workers, in the Prometheus text format. If
   * `METRICS_TOKEN` is set, the request must present it. Otherwise only direct requests from this machine are answered, and
   * none in production; all others get `not_found`.
   */
  @Get()
  @Operational()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'readMetrics', summary: 'Read the metrics' })
  @ApiSecurity('metrics')
  @ApiOkResponse({
    description: 'The metrics.',
    content: {
      'text/plain': {
        schema: { type: 'string' },
        example: 'portcullis_logins_total{outcome="success",reason="none"} 12\n',
      },
    },
  })
  @Problems(SessionErrors.unauthenticated, SessionErrors.invalid_token, PlatformErrors.not_found)
  async read(): Promise<string> {
    return this.metrics.text();
  }
}
