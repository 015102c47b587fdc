import { Body, Controller, Header, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../platform/access/access.decorator.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { contextOf } from '../platform/http/request-context.js';
import type { Origin } from '../platform/http/origin.js';
import { ClientOrigin } from '../platform/http/request.decorators.js';
import { Slow } from '../platform/http/slow.decorator.js';
import { Problems } from '../platform/http/openapi/problems.decorator.js';
import { RateLimit } from '../rate-limit/rate-limit.decorator.js';
import { RefundInterceptor } from '../rate-limit/refund.interceptor.js';
import { UsersErrors } from '../users/users.errors.js';
import { ProfileDto } from '../users/dto/profile.dto.js';
import {
  LoginDocumentation,
  LogoutDocumentation,
  RefreshDocumentation,
  RegisterDocumentation,
} from './auth-documentation.js';
import { LoginDto } from './sign-in/login.dto.js';
import { RefreshTokenDto } from '../sessions/dto/refresh-token.dto.js';
import { RegisterDto } from './registration/register.dto.js';
import { BodySignedInDto, CookieSignedInDto } from '../sessions/dto/signed-in.dto.js';
import { LoginService } from './sign-in/login.service.js';
import { LogoutService } from '../sessions/revocation/logout.service.js';
import { RefreshService } from '../sessions/refresh/refresh.service.js';
import { RegistrationService } from './registration/registration.service.js';
import { AuthErrors } from './auth.errors.js';
import { TokenResponse } from '../sessions/tokens/token-response.js';
import { PresentedTokens } from '../sessions/tokens/presented-tokens.js';

/**
 * The four routes by which a person comes in and goes out. What they answer depends on the transport that the client
 * chose: browsers never see a token in a body, and other clients never get a cookie.
 */
@ApiTags('auth')
@Controller('auth')
@Public()
export class AuthController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly logins: LoginService,
    private readonly refreshes: RefreshService,
    private readonly logouts: LogoutService,
    private readonly tokens: TokenResponse,
    private readonly presented: PresentedTokens,
  ) {}

  /**
   * Opens an account. Its owner is not signed in by that: log in next. The address is compared without regard to case;
   * the password needs 15 characters (`PASSWORD_MIN_LENGTH`) and must not be a common or breached one.
   */
  @Post('register')
  @Slow('password')
  @RateLimit('register')
  @ApiOperation({ operationId: 'registerAccount', summary: 'Open an account' })
  @RegisterDocumentation()
  @Problems(UsersErrors.email_taken, PlatformErrors.overloaded)
  async register(
    @Body() { email, password, displayName = null }: RegisterDto,
    @ClientOrigin() origin: Origin,
  ): Promise<ProfileDto> {
    const profile = await this.registration.register({ email, password, displayName }, origin);
    return { ...profile, roles: [...profile.roles] };
  }

  /**
   * Signs in. Unknown address, wrong password and disabled account are answered alike. From the tenth failure in a row
   * on, each one makes the account wait longer, up to 15 minutes; a device that has signed in before has a count of its
   * own.
   */
  @Post('login')
  @HttpCode(200)
  @Slow('password')
  @RateLimit('login', 'login-address', { email: 'email' })
  @UseInterceptors(RefundInterceptor)
  @ApiOperation({ operationId: 'logIn', summary: 'Sign in' })
  @Problems(AuthErrors.invalid_credentials, PlatformErrors.overloaded)
  @LoginDocumentation()
  async login(
    @Body() { email, password, tokenTransport = 'cookie', deviceToken }: LoginDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CookieSignedInDto | BodySignedInDto> {
    const credentials = { email, password, deviceToken: deviceToken ?? this.presented.device(request) };
    return this.tokens.send(
      await this.logins.login(credentials, contextOf(request).origin),
      tokenTransport,
      reply,
    );
  }

  /**
   * Exchanges the refresh token for a new pair, in the transport that it came in. The old one is used up: presented
   * again, it ends the session, except within ten seconds by the same client, which gets the same refresh token again.
   * Send the refresh token in the body, or an empty body and the cookie; no access token is needed.
   */
  @Post('refresh')
  @HttpCode(200)
  @RateLimit('refresh', { refreshToken: 'refreshToken' })
  @ApiOperation({ operationId: 'refreshTokens', summary: 'Get the next pair of tokens' })
  @Problems(
    AuthErrors.unauthenticated,
    AuthErrors.invalid_token,
    AuthErrors.session_ended,
    AuthErrors.refresh_token_reused,
  )
  @RefreshDocumentation()
  async refresh(
    @Body() { refreshToken }: RefreshTokenDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CookieSignedInDto | BodySignedInDto> {
    const transport = refreshToken === undefined ? 'cookie' : 'body';
    const device = this.presented.device(request);
    const renewed = await this.refreshes.refresh(
      this.presented.refresh(request),
      device,
      contextOf(request).origin,
    );
    return this.tokens.send(renewed, transport, reply);
  }

  /**
   * Ends the session of the token presented, expired or not: an access token in `Authorization` or the cookie, a refresh
   * token in the cookie or the body. Every token of that session is dead at once. Succeeds too when there is nothing to
   * end; an unknown or forged token ends nothing.
   */
  @Post('logout')
  @HttpCode(204)
  @Header('clear-site-data', '"cache"')
  @ApiOperation({ operationId: 'logOut', summary: 'Sign out' })
  @LogoutDocumentation()
  async logout(
    @Body() _body: RefreshTokenDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const presented = { access: this.presented.access(request), refresh: this.presented.refresh(request) };
    await this.logouts.logout(presented, contextOf(request).origin);
    this.tokens.clear(reply);
  }
}
