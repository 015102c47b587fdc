import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  UseInterceptors,
} from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { RequireRole } from '../../platform/access/access.decorator.js';
import { Recent } from '../../platform/access/recent.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { ActingOrigin, ApiAuditReason } from '../../platform/http/acting-origin.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { PageQueryDto } from '../../platform/http/validation/page-query.dto.js';
import type { ServiceAccount } from '../service-account.entity.js';
import {
  CreateServiceAccountDto,
  ServiceAccountDto,
  ServiceAccountPageDto,
  UpdateServiceAccountDto,
} from './service-accounts.dto.js';
import { ServiceAccounts } from './service-accounts.js';
import { RefusedChangesInterceptor } from '../../sessions/guards/refused-changes.interceptor.js';

const ACCOUNT_ID = {
  name: 'id',
  description: 'The id of the service account.',
  schema: { type: 'string', format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' },
} as const;

/** Lets administrators manage the accounts of programs. No API key opens these routes. */
@ApiTags('service accounts')
@Controller('admin/service-accounts')
@RequireRole('admin')
@UseInterceptors(RefusedChangesInterceptor)
export class ServiceAccountsController {
  constructor(private readonly accounts: ServiceAccounts) {}

  /** Returns service accounts, newest first. */
  @Get()
  @ApiOperation({ operationId: 'listServiceAccounts', summary: 'List service accounts' })
  @ApiOkResponse({ type: ServiceAccountPageDto, description: 'A page of service accounts.' })
  @Problems(PlatformErrors.validation_failed)
  async list(@Query() { cursor, limit }: PageQueryDto): Promise<ServiceAccountPageDto> {
    const { items, nextCursor } = await this.accounts.page(cursor, limit);
    return { items: items.map(shown), nextCursor };
  }

  /** Creates a service account. It has no password and no roles; its keys are created separately. */
  @Post()
  @HttpCode(201)
  @Recent()
  @ApiOperation({ operationId: 'createServiceAccount', summary: 'Create a service account' })
  @ApiAuditReason()
  @ApiCreatedResponse({ type: ServiceAccountDto, description: 'The service account.' })
  async create(
    @Body() body: CreateServiceAccountDto,
    @ActingOrigin() origin: Origin,
  ): Promise<ServiceAccountDto> {
    return shown(await this.accounts.create(body, origin));
  }

  /** Returns a service account. */
  @Get(':id')
  @ApiOperation({ operationId: 'getServiceAccount', summary: 'Get a service account' })
  @ApiParam(ACCOUNT_ID)
  @ApiOkResponse({ type: ServiceAccountDto, description: 'The service account.' })
  @Problems(PlatformErrors.not_found)
  async get(@Param('id') id: string): Promise<ServiceAccountDto> {
    return shown(await this.accounts.get(id));
  }

  /** Renames a service account, changes its scopes, or disables or enables it. It takes effect on its keys within a second. */
  @Patch(':id')
  @Recent()
  @ApiOperation({ operationId: 'updateServiceAccount', summary: 'Change a service account' })
  @ApiAuditReason()
  @ApiParam(ACCOUNT_ID)
  @ApiOkResponse({ type: ServiceAccountDto, description: 'The service account after the change.' })
  @Problems(PlatformErrors.not_found)
  async update(
    @Param('id') id: string,
    @Body() body: UpdateServiceAccountDto,
    @ActingOrigin() origin: Origin,
  ): Promise<ServiceAccountDto> {
    return shown(await this.accounts.update(id, body, origin));
  }

  /** Deletes a service account. Every instance rejects its keys within a second. */
  @Delete(':id')
  @HttpCode(204)
  @Recent()
  @ApiOperation({ operationId: 'deleteServiceAccount', summary: 'Delete a service account' })
  @ApiAuditReason()
  @ApiParam(ACCOUNT_ID)
  @ApiNoContentResponse({ description: 'The service account is deleted.' })
  @Problems(PlatformErrors.not_found)
  async delete(@Param('id') id: string, @ActingOrigin() origin: Origin): Promise<void> {
    await this.accounts.delete(id, origin);
  }
}

function shown({ id, name, scopes, disabledAt, createdAt }: ServiceAccount): ServiceAccountDto {
  return { id, name, scopes, disabled: disabledAt !== null, createdAt: createdAt.toISOString() };
}
