import { Body, Controller, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/access/access.decorator.js';
import type { Profile } from '../../platform/access/profile.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin } from '../../platform/http/request.decorators.js';
import { Slow } from '../../platform/http/routes/slow.decorator.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { ProfileDto } from '../../users/dto/profile.dto.js';
import { profileOf } from '../../users/profile.js';
import { NewPasswordMember } from '../credentials/passwords/weak-password.interceptor.js';
import { AcceptInvitationDto } from './accept-invitation.dto.js';
import { InvitationAcceptance } from './invitation-acceptance.js';

/** Accepts invitations that administrators sent. */
@ApiTags('auth')
@Controller('auth')
@Public()
export class InvitationsController {
  constructor(private readonly acceptance: InvitationAcceptance) {}

  /**
   * Accepts an invitation with the token of the mailed link, which works once, for 72 hours. It sets the password of the
   * account and verifies its address. It does not sign in: log in next.
   */
  @Post('invitation')
  @Slow('password')
  @RateLimit('secret')
  @NewPasswordMember('password')
  @ApiOperation({ operationId: 'acceptInvitation', summary: 'Accept an invitation' })
  @ApiCreatedResponse({
    type: ProfileDto,
    description: 'The account is yours; sign in with the password next.',
  })
  @Problems(SecretsErrors.invalid_link, PlatformErrors.overloaded)
  async accept(@Body() acceptance: AcceptInvitationDto, @ClientOrigin() origin: Origin): Promise<Profile> {
    return profileOf(await this.acceptance.accept(acceptance, origin));
  }
}
