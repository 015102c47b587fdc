import { Body, Controller, HttpCode, Post, Req, UseInterceptors } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { OptionalToken } from '../../platform/http/openapi/optional-token.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { contextOf } from '../../platform/http/request-context.js';
import { ClientOrigin } from '../../platform/http/request.decorators.js';
import { Slow } from '../../platform/http/routes/slow.decorator.js';
import { MailErrors } from '../../platform/mail/mail.errors.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { RefundInterceptor } from '../../rate-limit/refund.interceptor.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { CallerSession } from '../../sessions/state/caller-session.js';
import { AuthErrors } from '../auth.errors.js';
import { EmailChangeUndoing } from '../email/email-change-undoing.js';
import { EmailVerification } from './email-verification.js';
import { EmailDto, UndoEmailChangeDto, VerifyEmailDto } from '../email/emails.dto.js';
import { VerificationRequests } from '../email/verification-requests.js';

/** Verifies the addresses of accounts and undoes changes of address, by mailed links. */
@ApiTags('auth')
@Controller('auth/email')
@Public()
export class EmailVerificationController {
  constructor(
    private readonly requests: VerificationRequests,
    private readonly verification: EmailVerification,
    private readonly undoing: EmailChangeUndoing,
    private readonly callers: CallerSession,
  ) {}

  /**
   * Sends an e-mail with a link (valid for 24 hours) and an eight-character code (10 minutes) if an account has this address and
   * has not verified it. The response is the same in every case. If the request has a session of the account, the code is
   * valid in that session only.
   */
  @Post('verification')
  @HttpCode(202)
  @RateLimit('mail', 'mail-address', { email: 'email' })
  @ApiOperation({ operationId: 'requestEmailVerification', summary: 'Request a verification e-mail' })
  @ApiAcceptedResponse({ description: 'Accepted, whether or not an e-mail is sent.' })
  @Problems(MailErrors.mail_unconfigured)
  @OptionalToken()
  async request(@Body() { email }: EmailDto, @Req() request: FastifyRequest): Promise<void> {
    await this.requests.request(email, await this.callers.find(contextOf(request)));
  }

  /**
   * Verifies an address, or completes a change of address. Send the token of the link with a session of the account or with
   * its password, or the code with the session that requested it. A wrong password counts as a failed login and does not
   * invalidate the link. Sessions stay valid.
   */
  @Post('verify')
  @HttpCode(204)
  @Slow('password')
  @RateLimit('secret')
  @UseInterceptors(RefundInterceptor)
  @ApiOperation({ operationId: 'verifyEmail', summary: 'Verify an address' })
  @ApiNoContentResponse({ description: 'The address is verified and is the address of the account.' })
  @Problems(
    SecretsErrors.invalid_link,
    SecretsErrors.invalid_code,
    AuthErrors.invalid_credentials,
    SessionErrors.unauthenticated,
    SessionErrors.invalid_token,
    SessionErrors.session_ended,
    PlatformErrors.overloaded,
  )
  @OptionalToken()
  async verify(
    @Body() { token, password, code }: VerifyEmailDto,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const context = contextOf(request);
    const { origin } = context;
    if (token === undefined)
      return this.verification.verifyByCode(code!, await this.callers.require(context), origin);
    if (password !== undefined) return this.verification.verifyByPassword(token, password, origin);
    const caller = await this.callers.find(context);
    if (!caller) throw new Problem(SessionErrors.unauthenticated);
    await this.verification.verifyInSession(token, caller, origin);
  }

  /**
   * Undoes a change of address with the link that was sent to the former address, if that was verified. The account gets that
   * address again, every session ends, and the password is invalid until it is reset with the link that this sends. Devices,
   * second factors and API keys are removed if they were added later than a minute before the request or, if there was a login
   * from a new device in the 7 days before it, since that login. The undo link is valid for 7 days, regardless of later changes
   * to the account.
   */
  @Post('undo')
  @HttpCode(204)
  @RateLimit('secret')
  @ApiOperation({ operationId: 'undoEmailChange', summary: 'Undo a change of address' })
  @ApiNoContentResponse({
    description: 'The account has its former address again; the reset link is sent.',
  })
  @Problems(SecretsErrors.invalid_link, MailErrors.mail_unconfigured)
  async undo(@Body() { token }: UndoEmailChangeDto, @ClientOrigin() origin: Origin): Promise<void> {
    await this.undoing.undo(token, origin);
  }
}
