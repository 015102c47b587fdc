import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin } from '../../platform/http/request.decorators.js';
import { Slow } from '../../platform/http/routes/slow.decorator.js';
import { MailErrors } from '../../platform/mail/mail.errors.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { NewPasswordMember } from '../credentials/passwords/weak-password.interceptor.js';
import { PasswordReset } from './password-reset.js';
import { ForgotPasswordDto, ResetPasswordDto } from './password-reset.dto.js';
import { ResetRequests } from './reset-requests.js';

/** Sets new passwords for those who have forgotten theirs, by links that are mailed to the address of the account. */
@ApiTags('auth')
@Controller('auth')
@Public()
export class PasswordResetController {
  constructor(
    private readonly requests: ResetRequests,
    private readonly resets: PasswordReset,
  ) {}

  /**
   * Requests a link to set a new password. The response is the same whether or not an account has the address; if one
   * has, an e-mail with the link is sent there within seconds. The link works once, for 30 minutes
   * (`PASSWORD_RESET_EXPIRE_MINUTES`), and replaces an earlier one.
   */
  @Post('password/forgot')
  @HttpCode(202)
  @RateLimit('mail', 'mail-address', { email: 'email' })
  @ApiOperation({ operationId: 'forgotPassword', summary: 'Request a link to set a new password' })
  @ApiAcceptedResponse({ description: 'If an account has this address, an e-mail is on its way.' })
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
}
