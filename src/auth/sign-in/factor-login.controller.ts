import { Body, Controller, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../platform/access/access.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { contextOf } from '../../platform/http/request-context.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { RefundInterceptor } from '../../rate-limit/refund.interceptor.js';
import type { BodySignedInDto, CookieSignedInDto } from '../../sessions/dto/signed-in.dto.js';
import { SessionAnswer } from '../../sessions/session-documentation.js';
import { PresentedTokens } from '../../sessions/tokens/presented-tokens.js';
import { TokenResponse } from '../../sessions/tokens/token-response.js';
import { AuthErrors } from '../auth.errors.js';
import { readPasskeyResponse } from '../credentials/factors/passkeys/passkey-response.js';
import { FactorLoginDto } from './factor-login.dto.js';
import { FactorLoginService } from './factor-login.service.js';

/** Completes logins that need a second factor. */
@ApiTags('auth')
@Controller('auth')
@Public()
export class FactorLoginController {
  constructor(
    private readonly logins: FactorLoginService,
    private readonly tokens: TokenResponse,
    private readonly presented: PresentedTokens,
  ) {}

  /**
   * Completes a login that was answered with `factor_required`, by the code of an authenticator app, a recovery code or
   * a passkey. A challenge is valid for five minutes and five attempts, for the user agent that started the login.
   * Wrong codes are counted per account over all challenges: five in five minutes, and together with wrong passwords.
   */
  @Post('login/factor')
  @HttpCode(200)
  @UseInterceptors(RefundInterceptor)
  @ApiOperation({ operationId: 'logInWithFactor', summary: 'Sign in: second factor' })
  @Problems(
    SecretsErrors.invalid_code,
    AuthErrors.invalid_challenge,
    AuthErrors.invalid_passkey,
    AuthErrors.passkeys_unavailable,
    AuthErrors.email_unverified,
  )
  @SessionAnswer('`access_token`, `refresh_token` and `device`')
  async login(
    @Body() { challenge, tokenTransport, deviceToken, ...body }: FactorLoginDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CookieSignedInDto | BodySignedInDto> {
    const device = deviceToken ?? this.presented.device(request);
    const login = { challenge, factor: factorOf(body), deviceToken: device };
    const completed = await this.logins.login(login, contextOf(request).origin);
    return this.tokens.send(completed.issued, tokenTransport ?? completed.tokenTransport, reply);
  }
}

/** The validation guarantees the member that the method needs. */
const factorOf = ({ method, code, response }: Pick<FactorLoginDto, 'method' | 'code' | 'response'>) =>
  method === 'passkey' ? { method, response: readPasskeyResponse(response!) } : { method, code: code! };
