import { Body, Controller, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { contextOf } from '../../platform/http/request-context.js';
import { Slow } from '../../platform/http/routes/slow.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { RefundInterceptor } from '../../rate-limit/refund.interceptor.js';
import type { BodySignedInDto, CookieSignedInDto } from '../../sessions/dto/signed-in.dto.js';
import { PresentedTokens } from '../../sessions/tokens/presented-tokens.js';
import { TokenResponse } from '../../sessions/tokens/token-response.js';
import { AuthErrors } from '../auth.errors.js';
import { LoginDocumentation } from './login-documentation.js';
import { LoginDto } from './login.dto.js';
import { LoginService } from './login.service.js';

/** Signs users in with their password and returns the tokens in the transport that the client requested. */
@ApiTags('auth')
@Controller('auth')
@Public()
export class LoginController {
  constructor(
    private readonly logins: LoginService,
    private readonly tokens: TokenResponse,
    private readonly presented: PresentedTokens,
  ) {}

  /**
   * Signs in. The response is the same for an unknown address, a wrong password and a disabled account. From the tenth
   * consecutive failure on, each one locks the account for longer, up to 15 minutes; after a hundred, it stays locked until
   * the password is reset or an administrator unlocks it. A device that has signed in before is counted separately. For an
   * account with a second factor, the response is 401 `factor_required`; send its `challenge.token` to
   * `POST /auth/login/factor`.
   */
  @Post('login')
  @HttpCode(200)
  @Slow('password')
  @RateLimit('login', 'login-address', { email: 'email' })
  @UseInterceptors(RefundInterceptor)
  @ApiOperation({ operationId: 'logIn', summary: 'Sign in' })
  @Problems(
    AuthErrors.invalid_credentials,
    AuthErrors.factor_required,
    AuthErrors.email_unverified,
    PlatformErrors.overloaded,
  )
  @LoginDocumentation()
  async login(
    @Body() { email, password, tokenTransport = 'cookie', deviceToken }: LoginDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CookieSignedInDto | BodySignedInDto> {
    const device = deviceToken ?? this.presented.device(request);
    const credentials = { email, password, deviceToken: device, tokenTransport };
    return this.tokens.send(
      await this.logins.login(credentials, contextOf(request).origin),
      tokenTransport,
      reply,
    );
  }
}
