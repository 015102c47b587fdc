import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../platform/access/access.decorator.js';
import type { Locale } from '../../platform/access/locale.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin, PreferredLocale } from '../../platform/http/request.decorators.js';
import { Slow } from '../../platform/http/routes/slow.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { ProfileDto } from '../../users/dto/profile.dto.js';
import { UsersErrors } from '../../users/users.errors.js';
import { AuthErrors } from '../auth.errors.js';
import { NewPasswordMember } from '../credentials/passwords/weak-password.interceptor.js';
import { RegisterDto } from './register.dto.js';
import { RegistrationService } from './registration.service.js';

/** Creates accounts. */
@ApiTags('auth')
@Controller('auth')
@Public()
export class RegistrationController {
  constructor(private readonly registration: RegistrationService) {}

  /**
   * Creates an account. This does not sign in: log in afterwards. The address is compared without regard to case. The
   * password must have at least 15 characters (`PASSWORD_MIN_LENGTH`) and must not be a common or breached one.
   * An e-mail is sent to verify the address. With `REQUIRE_VERIFIED_EMAIL`, the response is 202 without a body for every
   * address, whether or not it has an account already; the e-mail explains what to do, and nobody can sign in before the
   * address is verified.
   */
  @Post('register')
  @Slow('password')
  @RateLimit('register')
  @NewPasswordMember('password')
  @ApiOperation({ operationId: 'registerAccount', summary: 'Create an account' })
  @ApiCreatedResponse({ type: ProfileDto, description: 'The account has been created; log in next.' })
  @ApiAcceptedResponse({
    description: 'Accepted, with `REQUIRE_VERIFIED_EMAIL`; the e-mail explains what to do next.',
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
