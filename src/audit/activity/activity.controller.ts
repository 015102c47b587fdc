import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SignedIn } from '../../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { CurrentUser } from '../../platform/http/request.decorators.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { PageQueryDto } from '../../platform/http/validation/page-query.dto.js';
import { ActivityPageDto } from './activity.dto.js';
import { ActivityService } from './activity.service.js';

/** Shows users the events of their own account, so that they can notice activity by others. */
@ApiTags('users')
@Controller('users/me/activity')
@SignedIn()
export class ActivityController {
  constructor(private readonly activity: ActivityService) {}

  /** Lists the events of the caller's account, newest first: sign-ins, failed sign-ins and changes. */
  @Get()
  @ApiOperation({ operationId: 'listOwnActivity', summary: 'List own activity' })
  @ApiOkResponse({ type: ActivityPageDto, description: 'A page of events.' })
  @Problems(PlatformErrors.validation_failed)
  async listOwnActivity(
    @Query() { cursor, limit }: PageQueryDto,
    @CurrentUser() { userId }: SessionPrincipal,
  ): Promise<ActivityPageDto> {
    return this.activity.page(userId, limit, cursor);
  }
}
