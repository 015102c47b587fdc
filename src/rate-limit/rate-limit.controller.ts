import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../platform/access/access.decorator.js';
import { RateLimitsDto } from './dto/rate-limits.dto.js';
import { PolicyTable } from './policies/policy-table.js';

/** Publishes the rate limits, so that clients can pace themselves before they are refused. */
@ApiTags('rate limits')
@Controller('rate-limits')
export class RateLimitController {
  constructor(private readonly table: PolicyTable) {}

  /**
   * Returns the rate limits of this service. A caller's own remaining requests are in the `RateLimit` header field of each
   * response.
   */
  @Get()
  @Public()
  @ApiOperation({ operationId: 'listRateLimits', summary: 'List the rate limits in force' })
  @ApiOkResponse({ type: RateLimitsDto, description: 'The policies in force.' })
  list(): RateLimitsDto {
    return { items: this.table.policies.map((policy) => ({ ...policy, keys: [...policy.keys] })) };
  }
}
