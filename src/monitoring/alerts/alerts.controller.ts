import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../../platform/access/access.decorator.js';
import type { Principal } from '../../platform/access/principal.js';
import { Scope } from '../../platform/access/scope.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import type { Origin } from '../../platform/http/origin.js';
import { Caller, ClientOrigin } from '../../platform/http/request.decorators.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { alertBody } from './alert-body.js';
import { AlertsService } from './alerts.service.js';
import { AlertPageDto } from './dto/alert-page.dto.js';
import { AlertDto } from './dto/alert.dto.js';
import { ListAlertsDto } from './dto/list-alerts.dto.js';

const ALERT_ID = { name: 'id', format: 'uuid', description: 'The `id` of an alert.' };

/** Lists, acknowledges and resolves alerts. It never decides whether an alert is raised. */
@ApiTags('monitoring')
@Controller('alerts')
@RequireRole('admin', 'auditor')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  /** Lists alerts by state, rule and severity, the most recently seen first. */
  @Get()
  @Scope('alerts:read')
  @ApiOperation({ operationId: 'listAlerts', summary: 'List alerts' })
  @ApiOkResponse({ type: AlertPageDto, description: 'A page of alerts.' })
  @Problems(PlatformErrors.validation_failed)
  async list(@Query() { cursor, limit, ...filter }: ListAlertsDto): Promise<AlertPageDto> {
    const { alerts, nextCursor } = await this.alerts.list(filter, cursor, limit);
    return { items: alerts.map(alertBody), nextCursor };
  }

  /**
   * Marks an alert as being handled. It stays in the list and is announced again only if it becomes more severe or
   * recurs.
   */
  @Post(':id/acknowledge')
  @HttpCode(200)
  @Scope('alerts:write')
  @ApiOperation({ operationId: 'acknowledgeAlert', summary: 'Acknowledge an alert' })
  @ApiParam(ALERT_ID)
  @ApiOkResponse({ type: AlertDto, description: 'The alert after the change.' })
  @Problems(PlatformErrors.not_found)
  async acknowledge(
    @Param('id') id: string,
    @Caller() caller: Principal,
    @ClientOrigin() origin: Origin,
  ): Promise<AlertDto> {
    return alertBody(await this.alerts.acknowledge(id, caller, origin));
  }

  /** Closes an alert. It reopens if its rule becomes true of the same subject again. */
  @Post(':id/resolve')
  @HttpCode(200)
  @Scope('alerts:write')
  @ApiOperation({ operationId: 'resolveAlert', summary: 'Resolve an alert' })
  @ApiParam(ALERT_ID)
  @ApiOkResponse({ type: AlertDto, description: 'The alert after the change.' })
  @Problems(PlatformErrors.not_found)
  async resolve(
    @Param('id') id: string,
    @Caller() caller: Principal,
    @ClientOrigin() origin: Origin,
  ): Promise<AlertDto> {
    return alertBody(await this.alerts.resolve(id, caller, origin));
  }
}
