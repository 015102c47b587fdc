import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../platform/access/access.decorator.js';
import { RateLimitsDto } from './dto/rate-limits.dto.js';
import { PolicyTable } from './policies/policy-table.js';

/** Tells anyone what the service allows, so that a client can pace itself before it is refused. */
@ApiTags('rate limits')
@Controller('rate-limits')
export class RateLimitController {
  constructor(private readonly table: PolicyTable) {}

  /**
   * What this service allows. How much of it a caller has left is told to that caller alone, by the `RateLimit` header
   * field of every answer.
   */
  @Get()
  @Public()
  @ApiOperation({ operationId: 'listRateLimits', summary: 'List the rate limits in force' })
  @ApiOkResponse({ type: RateLimitsDto, description: 'The policies in force.' })
  list(): RateLimitsDto {
    return { items: this.table.policies.map((policy) => ({ ...policy, keys: [...policy.keys] })) };
  }
}
