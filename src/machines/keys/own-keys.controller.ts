import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { SignedIn } from '../../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Recent } from '../../platform/access/recent.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin, CurrentUser } from '../../platform/http/request.decorators.js';
import { MachinesErrors } from '../machines.errors.js';
import { ApiKeysDto, CreateApiKeyDto, NewApiKeyDto } from './api-keys.dto.js';
import { KeyView } from './key-view.js';
import { OwnKeys } from './own-keys.js';

const KEY_ID = {
  name: 'id',
  description: 'The id of the key.',
  schema: { type: 'string', format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' },
} as const;

/** Lets people manage the API keys with which their programs call. No API key opens these routes. */
@ApiTags('api keys')
@Controller('users/me/api-keys')
@SignedIn()
export class OwnKeysController {
  constructor(
    private readonly keys: OwnKeys,
    private readonly view: KeyView,
  ) {}

  /** Returns the active keys, newest first, without the keys themselves. */
  @Get()
  @ApiOperation({ operationId: 'listOwnApiKeys', summary: 'List own API keys' })
  @ApiOkResponse({ type: ApiKeysDto, description: 'The keys.' })
  async list(@CurrentUser() { userId }: SessionPrincipal): Promise<ApiKeysDto> {
    return { items: await this.view.list({ kind: 'user', id: userId }) };
  }

  /**
   * Creates a key, which is shown this once. Programs send it as `Authorization: Bearer`. It may do what its scopes allow,
   * as long as the roles of its owner allow it too. The owner is notified by mail, also 14 and 3 days before it expires.
   */
  @Post()
  @HttpCode(201)
  @Recent()
  @ApiOperation({ operationId: 'createOwnApiKey', summary: 'Create an API key' })
  @ApiCreatedResponse({ type: NewApiKeyDto, description: 'The key.' })
  @Problems(MachinesErrors.too_many_keys)
  async create(
    @Body() body: CreateApiKeyDto,
    @CurrentUser() caller: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<NewApiKeyDto> {
    return this.view.issued(await this.keys.create(caller, CreateApiKeyDto.describe(body), origin));
  }

  /**
   * Replaces a key by a new one with the same name, scopes and lifetime. The old one continues to work for 24 hours, or
   * until it expires if that is earlier. A key can be replaced once.
   */
  @Post(':id/rotation')
  @HttpCode(201)
  @Recent()
  @ApiOperation({ operationId: 'rotateOwnApiKey', summary: 'Rotate an API key' })
  @ApiParam(KEY_ID)
  @ApiCreatedResponse({ type: NewApiKeyDto, description: 'The new key.' })
  @Problems(PlatformErrors.not_found, MachinesErrors.key_already_rotated, MachinesErrors.too_many_keys)
  async rotate(
    @Param('id') id: string,
    @CurrentUser() caller: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<NewApiKeyDto> {
    return this.view.issued(await this.keys.rotate(caller, id, origin));
  }

  /** Revokes a key. Every instance rejects it within a second. */
  @Delete(':id')
  @HttpCode(204)
  @Recent()
  @ApiOperation({ operationId: 'revokeOwnApiKey', summary: 'Revoke an API key' })
  @ApiParam(KEY_ID)
  @ApiNoContentResponse({ description: 'The key is revoked.' })
  @Problems(PlatformErrors.not_found)
  async revoke(
    @Param('id') id: string,
    @CurrentUser() caller: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<void> {
    await this.keys.revoke(caller, id, origin);
  }

  /** Revokes all keys. */
  @Delete()
  @HttpCode(204)
  @Recent()
  @ApiOperation({ operationId: 'revokeOwnApiKeys', summary: 'Revoke all your API keys' })
  @ApiNoContentResponse({ description: 'All keys are revoked.' })
  async revokeAll(@CurrentUser() caller: SessionPrincipal, @ClientOrigin() origin: Origin): Promise<void> {
    await this.keys.revokeAll(caller, origin);
  }
}
