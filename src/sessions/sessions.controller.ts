import { Body, Controller, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../platform/access/access.decorator.js';
import { contextOf } from '../platform/http/request-context.js';
import { Problems } from '../platform/http/openapi/problems.decorator.js';
import { RateLimit } from '../rate-limit/rate-limit.decorator.js';
import { RefundInterceptor } from '../rate-limit/refund.interceptor.js';
import { RefreshTokenDto } from './dto/refresh-token.dto.js';
import type { BodySignedInDto, CookieSignedInDto } from './dto/signed-in.dto.js';
import { RefreshService } from './refresh/refresh.service.js';
import { LogoutService } from './logout.service.js';
import { LogoutDocumentation, RefreshDocumentation } from './session-documentation.js';
import { SessionErrors } from './session.errors.js';
import { PresentedTokens } from './tokens/presented-tokens.js';
import { clearBrowserCache } from './tokens/clear-site-data.js';
import { TokenResponse } from './tokens/token-response.js';

/** Refreshes and ends the session of the tokens presented. */
@ApiTags('auth')
@Controller('auth')
@Public()
export class SessionsController {
  constructor(
    private readonly refreshes: RefreshService,
    private readonly logouts: LogoutService,
    private readonly tokens: TokenResponse,
    private readonly presented: PresentedTokens,
  ) {}

  /**
   * Exchanges the refresh token for a new pair of tokens, in the same transport. A session changes its refresh token
   * at most once in ten seconds. Within these ten seconds, the same user agent receives the current refresh token
   * again if it presents the current or the previous one, from any network; another user agent that presents the
   * current one has to wait (`rate_limited`). Any other use of an old token ends the session. Send the refresh token
   * in the body, or an empty body and the cookie. No access token is needed.
   */
  @Post('refresh')
  @HttpCode(200)
  @RateLimit('refresh', { refreshToken: 'refreshToken' })
  @UseInterceptors(RefundInterceptor)
  @ApiOperation({ operationId: 'refreshTokens', summary: 'Get the next pair of tokens' })
  @Problems(
    SessionErrors.unauthenticated,
    SessionErrors.invalid_token,
    SessionErrors.session_ended,
    SessionErrors.refresh_token_reused,
  )
  @RefreshDocumentation()
  async refresh(
    @Body() { refreshToken }: RefreshTokenDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CookieSignedInDto | BodySignedInDto> {
    const transport = refreshToken === undefined ? 'cookie' : 'body';
    const renewed = await this.refreshes.refresh(this.presented.refresh(request), contextOf(request).origin);
    return this.tokens.send(renewed, transport, reply);
  }

  /**
   * Ends the session of the presented token, even an expired one: an access token in `Authorization` or the cookie, or
   * a refresh token in the cookie or the body. All tokens of that session stop working at once. The request also
   * succeeds if there is no session to end; an unknown or forged token has no effect.
   */
  @Post('logout')
  @HttpCode(204)
  @ApiOperation({ operationId: 'logOut', summary: 'Sign out' })
  @LogoutDocumentation()
  async logout(
    @Body() _body: RefreshTokenDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { tokenHolder, origin } = contextOf(request);
    await this.logouts.logout({ tokenHolder, refreshToken: this.presented.refresh(request) }, origin);
    this.tokens.clear(reply);
    clearBrowserCache(reply);
  }
}
