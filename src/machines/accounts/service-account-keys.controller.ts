import { Body, Controller, Delete, Get, HttpCode, Param, Post, UseInterceptors } from '@nestjs/common';
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
import { ApiKeysDto, CreateApiKeyDto, NewApiKeyDto } from '../keys/api-keys.dto.js';
import { KeyView } from '../keys/key-view.js';
import { MachinesErrors } from '../machines.errors.js';
import { ServiceAccountKeys } from './service-account-keys.js';
import { RefusedChangesInterceptor } from '../../sessions/guards/refused-changes.interceptor.js';

const UUID = {
  schema: { type: 'string', format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' },
} as const;
const ACCOUNT_ID = { name: 'id', description: 'The id of the service account.', ...UUID };
const KEY_ID = { name: 'keyId', description: 'The id of the key.', ...UUID };

/** Lets administrators manage the API keys of service accounts. No API key opens these routes. */
@ApiTags('service accounts')
@Controller('admin/service-accounts/:id/api-keys')
@RequireRole('admin')
@UseInterceptors(RefusedChangesInterceptor)
export class ServiceAccountKeysController {
  constructor(
    private readonly keys: ServiceAccountKeys,
    private readonly view: KeyView,
  ) {}

  /** Returns the active keys of a service account, newest first, without the keys themselves. */
  @Get()
  @ApiOperation({ operationId: 'listServiceAccountKeys', summary: 'List keys of a service account' })
  @ApiParam(ACCOUNT_ID)
  @ApiOkResponse({ type: ApiKeysDto, description: 'The keys.' })
  @Problems(PlatformErrors.not_found)
  async list(@Param('id') id: string): Promise<ApiKeysDto> {
    return { items: await this.view.list(await this.keys.ownerOf(id)) };
  }

  /**
   * Creates a key, which is shown this once. It may do what both its scopes and those of the account allow. The
   * administrators are notified by mail 14 and 3 days before it expires.
   */
  @Post()
  @HttpCode(201)
  @Recent()
  @ApiOperation({ operationId: 'createServiceAccountKey', summary: 'Create a key of a service account' })
  @ApiAuditReason()
  @ApiParam(ACCOUNT_ID)
  @ApiCreatedResponse({ type: NewApiKeyDto, description: 'The key.' })
  @Problems(PlatformErrors.not_found, MachinesErrors.too_many_keys)
  async create(
    @Param('id') id: string,
    @Body() body: CreateApiKeyDto,
    @ActingOrigin() origin: Origin,
  ): Promise<NewApiKeyDto> {
    return this.view.issued(await this.keys.create(id, CreateApiKeyDto.describe(body), origin));
  }

  /** Replaces a key, as `POST /users/me/api-keys/{id}/rotation` does. */
  @Post(':keyId/rotation')
  @HttpCode(201)
  @Recent()
  @ApiOperation({ operationId: 'rotateServiceAccountKey', summary: 'Rotate a key of a service account' })
  @ApiAuditReason()
  @ApiParam(ACCOUNT_ID)
  @ApiParam(KEY_ID)
  @ApiCreatedResponse({ type: NewApiKeyDto, description: 'The new key.' })
  @Problems(PlatformErrors.not_found, MachinesErrors.key_already_rotated, MachinesErrors.too_many_keys)
  async rotate(
    @Param('id') id: string,
    @Param('keyId') keyId: string,
    @ActingOrigin() origin: Origin,
  ): Promise<NewApiKeyDto> {
    return this.view.issued(await this.keys.rotate(id, keyId, origin));
  }

  /** Revokes a key. Every instance rejects it within a second. */
  @Delete(':keyId')
  @HttpCode(204)
  @Recent()
  @ApiOperation({ operationId: 'revokeServiceAccountKey', summary: 'Revoke a key of a service account' })
  @ApiAuditReason()
  @ApiParam(ACCOUNT_ID)
  @ApiParam(KEY_ID)
  @ApiNoContentResponse({ description: 'The key is revoked.' })
  @Problems(PlatformErrors.not_found)
  async revoke(
    @Param('id') id: string,
    @Param('keyId') keyId: string,
    @ActingOrigin() origin: Origin,
  ): Promise<void> {
    await this.keys.revoke(id, keyId, origin);
  }
}
