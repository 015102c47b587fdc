import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../platform/access/access.decorator.js';
import type { Locale } from '../../platform/access/locale.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin, PreferredLocale } from '../../platform/http/request.decorators.js';
import { Slow } from '../../platform/http/slow.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { ProfileDto } from '../../users/dto/profile.dto.js';
import { UsersErrors } from '../../users/users.errors.js';
import { AuthErrors } from '../auth.errors.js';
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
   * the password needs 15 characters (`PASSWORD_MIN_LENGTH`) and must not be a common or breached one. A mail asks for the proof of the address. Where
   * `REQUIRE_VERIFIED_EMAIL` is set, the answer is 202 without a body for every address: the mail says whether the account is
   * new, and nobody can sign in to it before the address is proven.
   */
  @Post('register')
  @Slow('password')
  @RateLimit('register')
  @ApiOperation({ operationId: 'registerAccount', summary: 'Open an account' })
  @ApiCreatedResponse({ type: ProfileDto, description: 'The account is open; sign in next.' })
  @ApiAcceptedResponse({
    description: 'Accepted, with `REQUIRE_VERIFIED_EMAIL`; the mail says what to do next.',
  })
  @Problems(AuthErrors.registration_closed, UsersErrors.email_taken, PlatformErrors.overloaded)
  async register(
    @Body() { email, password, displayName = null, locale }: RegisterDto,
    @PreferredLocale() preferred: Locale,
    @ClientOrigin() origin: Origin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProfileDto | undefined> {
    const profile = await this.registration.register(
      { email, password, displayName, locale: locale ?? preferred },
      origin,
    );
    if (profile) return { ...profile, roles: [...profile.roles] };
    void reply.status(202);
    return undefined;
  }
}
