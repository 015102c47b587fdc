import { Body, Controller, Get, Put, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { SignedIn } from '../platform/access/access.decorator.js';
import type { Profile } from '../platform/access/profile.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import { contextOf, principalOf } from '../platform/http/request-context.js';
import { Problems } from '../platform/http/openapi/problems.decorator.js';
import { ProfileDto } from './dto/profile.dto.js';
import { UpdateProfileDto } from './dto/update-profile.dto.js';
import { profileOf } from './profile.js';
import { UsersService } from './users.service.js';

/** What people may see and change of their own account. Whose it is comes from the token, never from the request. */
@ApiTags('users')
@Controller('users/me')
@SignedIn()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  /** The account that the access token speaks for. */
  @Get()
  @ApiOperation({ operationId: 'getOwnAccount', summary: 'Read own account' })
  @Problems(PlatformErrors.not_found)
  @ApiOkResponse({ type: ProfileDto, description: 'The account.' })
  async me(@Req() request: FastifyRequest): Promise<Profile> {
    const { profile } = contextOf(request);
    if (profile) return profile;
    const user = await this.users.findById(principalOf(request).userId);
    if (!user) throw new Problem(PlatformErrors.not_found);
    return profileOf(user);
  }

  /** Replaces the whole editable part of the profile, which is the display name; null takes it away. */
  @Put()
  @ApiOperation({ operationId: 'updateOwnAccount', summary: 'Replace own profile' })
  @Problems(PlatformErrors.not_found)
  @ApiOkResponse({ type: ProfileDto, description: 'The account as it is now.' })
  async update(@Req() request: FastifyRequest, @Body() { displayName }: UpdateProfileDto): Promise<Profile> {
    return this.users.updateProfile(principalOf(request), displayName, contextOf(request).origin);
  }
}
