import { Body, Controller, HttpCode, Post, Req, UseInterceptors } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { contextOf } from '../../platform/http/request-context.js';
import { ClientOrigin } from '../../platform/http/request.decorators.js';
import { Slow } from '../../platform/http/routes/slow.decorator.js';
import { MailErrors } from '../../platform/mail/mail.errors.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { RefundInterceptor } from '../../rate-limit/refund.interceptor.js';
import { PresentedTokens } from '../../sessions/tokens/presented-tokens.js';
import { RecoverFactorsDto, RecoveryLinkDto } from './factor-recovery.dto.js';
import { RecoveryCancellation } from './recovery-cancellation.js';
import { RecoveryCompletion } from './recovery-completion.js';
import { RecoveryRequests } from './recovery-requests.js';

/** Lets people back in who know their password and have lost every second factor. */
@ApiTags('auth')
@Controller('auth/recovery')
@Public()
export class FactorRecoveryController {
  constructor(
    private readonly requests: RecoveryRequests,
    private readonly cancellation: RecoveryCancellation,
    private readonly completion: RecoveryCompletion,
    private readonly presented: PresentedTokens,
  ) {}

  /**
   * Starts the recovery of lost second factors. The response is the same for right and wrong credentials; a wrong password
   * counts like one of a login. The owner is notified by mail at once and daily, and can cancel. After 72 hours
   * (`FACTOR_RECOVERY_HOURS`; 0 switches this off), an e-mail brings the link that removes the factors. A second request sends
   * the e-mail again and starts nothing anew.
   */
  @Post()
  @HttpCode(202)
  @Slow('password')
  @RateLimit('login', 'login-address', { email: 'email' })
  @UseInterceptors(RefundInterceptor)
  @ApiOperation({ operationId: 'recoverFactors', summary: 'Recover from lost second factors' })
  @ApiAcceptedResponse({ description: 'If the credentials are right, an e-mail is on its way.' })
  @Problems(MailErrors.mail_unconfigured, PlatformErrors.overloaded)
  async request(
    @Body() { email, password }: RecoverFactorsDto,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const deviceToken = this.presented.device(request);
    await this.requests.request({ email, password, deviceToken }, contextOf(request).origin);
  }

  /** Cancels the recovery by the link in any e-mail about it. Another one can be started 24 hours later. */
  @Post('cancel')
  @HttpCode(204)
  @RateLimit('secret')
  @ApiOperation({
    operationId: 'cancelRecovery',
    summary: 'Cancel the recovery of second factors with a mailed link',
  })
  @ApiNoContentResponse({ description: 'The recovery is cancelled; the second factors stay.' })
  @Problems(SecretsErrors.invalid_link)
  async cancel(@Body() { token }: RecoveryLinkDto, @ClientOrigin() origin: Origin): Promise<void> {
    await this.cancellation.cancelByLink(token, origin);
  }

  /**
   * Removes every second factor and all recovery codes, with the link of the last e-mail. Every session of the account ends.
   * It does not sign in: log in with the password next, and add new factors.
   */
  @Post('finish')
  @HttpCode(204)
  @RateLimit('secret')
  @ApiOperation({ operationId: 'finishRecovery', summary: 'Remove lost second factors with a mailed link' })
  @ApiNoContentResponse({ description: 'The second factors are removed; sign in with the password next.' })
  @Problems(SecretsErrors.invalid_link)
  async finish(@Body() { token }: RecoveryLinkDto, @ClientOrigin() origin: Origin): Promise<void> {
    await this.completion.finish(token, origin);
  }
}
