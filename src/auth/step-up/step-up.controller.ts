import { Body, Controller, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SignedIn } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { contextOf, principalOf } from '../../platform/http/request-context.js';
import { Slow } from '../../platform/http/slow.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { RefundInterceptor } from '../../rate-limit/refund.interceptor.js';
import type { BodySignedInDto, CookieSignedInDto } from '../../sessions/dto/signed-in.dto.js';
import { SessionAnswer } from '../../sessions/session-documentation.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { PresentedTokens } from '../../sessions/tokens/presented-tokens.js';
import { TokenResponse } from '../../sessions/tokens/token-response.js';
import { AuthErrors } from '../auth.errors.js';
import { StepUpDto } from './step-up.dto.js';
import { StepUpService } from './step-up.service.js';

/** Renews the proof of a session. */
@ApiTags('auth')
@Controller('auth')
@SignedIn()
export class StepUpController {
  constructor(
    private readonly steps: StepUpService,
    private readonly tokens: TokenResponse,
    private readonly presented: PresentedTokens,
  ) {}

  /**
   * Proves again who is signed in, for a route that answered `insufficient_user_authentication`: the session goes on, and
   * is recently proven for ten minutes (`STEP_UP_MAX_AGE_SECONDS`). The tokens are renewed as by a refresh, in the
   * transport that the access token came in; use the new ones. A wrong password counts like one of a login.
   */
  @Post('step-up')
  @HttpCode(200)
  @Slow('password')
  @RateLimit('login-address')
  @UseInterceptors(RefundInterceptor)
  @ApiOperation({ operationId: 'stepUp', summary: 'Prove again who is signed in' })
  @Problems(
    AuthErrors.invalid_credentials,
    SessionErrors.insufficient_user_authentication,
    PlatformErrors.overloaded,
  )
  @SessionAnswer('`access_token`, `refresh_token` and `device`')
  async stepUp(
    @Body() { password }: StepUpDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CookieSignedInDto | BodySignedInDto> {
    const { origin } = contextOf(request);
    const renewed = await this.steps.stepUp(principalOf(request), password, origin);
    return this.tokens.send(renewed, this.presented.transportOf(request), reply);
  }
}
