import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin } from '../../platform/http/request.decorators.js';
import { Slow } from '../../platform/http/slow.decorator.js';
import { MailErrors } from '../../platform/mail/mail.errors.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { NewPasswordMember } from '../credentials/passwords/weak-password.interceptor.js';
import { PasswordReset } from './password-reset.js';
import { DisownSessionDto, ForgotPasswordDto, ResetPasswordDto } from './recovery.dto.js';
import { ResetRequests } from './reset-requests.js';
import { SessionDisowning } from './session-disowning.js';

/** Gives accounts back to their owners, by links that are mailed to the address of the account. */
@ApiTags('auth')
@Controller('auth')
@Public()
export class RecoveryController {
  constructor(
    private readonly requests: ResetRequests,
    private readonly resets: PasswordReset,
    private readonly disowning: SessionDisowning,
  ) {}

  /**
   * Requests a link to set a new password. The response is the same whether or not an account has the address; if one
   * has, a mail with the link is sent there within seconds. The link works once, for 30 minutes
   * (`PASSWORD_RESET_EXPIRE_MINUTES`), and replaces an earlier one.
   */
  @Post('password/forgot')
  @HttpCode(202)
  @RateLimit('mail', 'mail-address', { email: 'email' })
  @ApiOperation({ operationId: 'forgotPassword', summary: 'Request a link to set a new password' })
  @ApiAcceptedResponse({ description: 'If an account has this address, a mail is on its way.' })
  @Problems(MailErrors.mail_unconfigured)
  async forgot(@Body() { email }: ForgotPasswordDto, @ClientOrigin() origin: Origin): Promise<void> {
    await this.requests.request(email, origin);
  }

  /**
   * Sets a new password with the token of a mailed link. Every session of the account ends, every known device is
   * forgotten, failed logins no longer count, and other links become invalid. It does not sign in: log in next.
   */
  @Post('password/reset')
  @HttpCode(204)
  @Slow('password')
  @RateLimit('secret')
  @NewPasswordMember('newPassword')
  @ApiOperation({ operationId: 'resetPassword', summary: 'Set a new password with a mailed link' })
  @ApiNoContentResponse({ description: 'The password is set; sign in with it next.' })
  @Problems(SecretsErrors.invalid_link, PlatformErrors.overloaded)
  async reset(
    @Body() { token, newPassword }: ResetPasswordDto,
    @ClientOrigin() origin: Origin,
  ): Promise<void> {
    await this.resets.reset(token, newPassword, origin);
  }

  /**
   * Ends the session that the notice of a new device was about, by the link in that mail. Somebody else knows the
   * password then, so it becomes useless, and a link to set a new one is mailed to the account's address.
   */
  @Post('sessions/disown')
  @HttpCode(204)
  @RateLimit('secret')
  @ApiOperation({ operationId: 'disownSession', summary: 'End a session that is not yours' })
  @ApiNoContentResponse({
    description: 'The session is over; a mail with a link to a new password is on its way.',
  })
  @Problems(SecretsErrors.invalid_link, MailErrors.mail_unconfigured)
  async disown(@Body() { token }: DisownSessionDto, @ClientOrigin() origin: Origin): Promise<void> {
    await this.disowning.disown(token, origin);
  }
}
