import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../platform/access/access.decorator.js';
import { RateLimitsDto } from './dto/rate-limits.dto.js';
import { PolicyTable } from './policies/policy-table.js';

@ApiTags('rate limits')
@Controller('rate-limits')
export class RateLimitController {
  constructor(private readonly table: PolicyTable) {}

  @Get()
  @Public()
  @ApiOperation({
    summary: 'The rate limits in force',
    description:
      'What this service allows. How much of it a caller has left is told to that caller alone, by the RateLimit header field of every answer.',
  })
  @ApiOkResponse({ type: RateLimitsDto })
  list(): RateLimitsDto {
    return { items: this.table.policies.map((policy) => ({ ...policy, keys: [...policy.keys] })) };
  }
}
