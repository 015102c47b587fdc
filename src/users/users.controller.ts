import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SignedIn } from '../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../platform/access/principal.js';
import type { Profile } from '../platform/access/profile.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import type { Origin } from '../platform/http/origin.js';
import { ClientOrigin, CurrentProfile, CurrentUser } from '../platform/http/request.decorators.js';
import { Problems } from '../platform/http/openapi/problems.decorator.js';
import { ProfileDto } from './dto/profile.dto.js';
import { UpdateProfileDto } from './dto/update-profile.dto.js';
import { UsersService } from './users.service.js';

/** The caller's own account. Its id comes from the token, never from the request. */
@ApiTags('users')
@Controller('users/me')
@SignedIn()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  /** Returns the account that the access token was issued to. */
  @Get()
  @ApiOperation({ operationId: 'getOwnAccount', summary: 'Read own account' })
  @ApiOkResponse({ type: ProfileDto, description: 'The account.' })
  me(@CurrentProfile() profile: Profile): Profile {
    return profile;
  }

  /** Replaces the display name (null removes it) and, if given, the language of e-mails. */
  @Put()
  @ApiOperation({ operationId: 'updateOwnAccount', summary: 'Replace own profile' })
  @Problems(PlatformErrors.not_found)
  @ApiOkResponse({ type: ProfileDto, description: 'The updated account.' })
  async update(
    @Body() { displayName, locale }: UpdateProfileDto,
    @CurrentUser() principal: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<Profile> {
    return this.users.updateProfile(principal, { displayName, locale: locale ?? null }, origin);
  }
}
