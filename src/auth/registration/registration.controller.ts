import { Body, Controller, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin } from '../../platform/http/request.decorators.js';
import { Slow } from '../../platform/http/slow.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { ProfileDto } from '../../users/dto/profile.dto.js';
import { UsersErrors } from '../../users/users.errors.js';
import { NewPasswordMember } from '../credentials/passwords/weak-password.interceptor.js';
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
  @Slow('password')
  @RateLimit('register')
  @NewPasswordMember('password')
  @ApiOperation({ operationId: 'registerAccount', summary: 'Open an account' })
  @ApiCreatedResponse({ type: ProfileDto, description: 'The account is open; sign in next.' })
  @Problems(UsersErrors.email_taken, PlatformErrors.overloaded)
  async register(
    @Body() { email, password, displayName = null }: RegisterDto,
    @ClientOrigin() origin: Origin,
  ): Promise<ProfileDto> {
    const profile = await this.registration.register({ email, password, displayName }, origin);
    return { ...profile, roles: [...profile.roles] };
  }
}
