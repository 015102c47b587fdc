import { Body, Controller, Post, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { contextOf } from '../../platform/http/request-context.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { ProfileDto } from '../../users/dto/profile.dto.js';
import { UsersErrors } from '../../users/users.errors.js';
import { RegisterDto } from './register.dto.js';
import { RegistrationService } from './registration.service.js';

/** Opens accounts. */
@ApiTags('auth')
@Controller('auth')
@Public()
export class RegistrationController {
  constructor(private readonly registration: RegistrationService) {}

  /**
   * Opens an account. Its owner is not signed in by that: log in next. The address is compared without regard to case;
   * the password needs 15 characters (`PASSWORD_MIN_LENGTH`) and must not be a common or breached one.
   */
  @Post('register')
  @RateLimit('register')
  @ApiOperation({ operationId: 'registerAccount', summary: 'Open an account' })
  @ApiCreatedResponse({ type: ProfileDto, description: 'The account is open; sign in next.' })
  @Problems(UsersErrors.email_taken, PlatformErrors.overloaded)
  async register(@Body() body: RegisterDto, @Req() request: FastifyRequest): Promise<ProfileDto> {
    const { email, password, displayName = null } = body;
    const profile = await this.registration.register(
      { email, password, displayName },
      contextOf(request).origin,
    );
    return { ...profile, roles: [...profile.roles] };
  }
}
