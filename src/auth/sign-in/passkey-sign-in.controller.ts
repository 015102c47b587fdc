import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../platform/access/access.decorator.js';
import { OptionalToken } from '../../platform/http/openapi/optional-token.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { contextOf } from '../../platform/http/request-context.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import type { BodySignedInDto, CookieSignedInDto } from '../../sessions/dto/signed-in.dto.js';
import { SessionAnswer } from '../../sessions/session-documentation.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { CallerSession } from '../../sessions/state/caller-session.js';
import { PresentedTokens } from '../../sessions/tokens/presented-tokens.js';
import { TokenResponse } from '../../sessions/tokens/token-response.js';
import { AuthErrors } from '../auth.errors.js';
import { readPasskeyResponse } from '../credentials/factors/passkeys/passkey-response.js';
import { PasskeyOptions } from './passkey-options.js';
import { PasskeyOptionsDto, PasskeyRequestDto, PasskeySignInDto } from './passkey-sign-in.dto.js';
import { PasskeySignInService } from './passkey-sign-in.service.js';

/** Signs users in with a passkey, and begins every authentication by one. */
@ApiTags('auth')
@Controller('auth')
@Public()
export class PasskeySignInController {
  constructor(
    private readonly options: PasskeyOptions,
    private readonly signIns: PasskeySignInService,
    private readonly caller: CallerSession,
    private readonly tokens: TokenResponse,
    private readonly presented: PresentedTokens,
  ) {}

  /**
   * Begins an authentication by passkey: for the second factor of a login, with the login's challenge; for a step-up, with
   * an access token and no challenge; for a sign-in without a password, with neither. The challenge is valid for five
   * minutes and five attempts.
   */
  @Post('passkey/options')
  @HttpCode(200)
  @OptionalToken()
  @RateLimit('passkey')
  @ApiOperation({ operationId: 'beginPasskeyAuthentication', summary: 'Begin to use a passkey' })
  @ApiOkResponse({ type: PasskeyRequestDto, description: 'The options for the browser.' })
  @Problems(
    AuthErrors.invalid_challenge,
    AuthErrors.invalid_passkey,
    AuthErrors.passkeys_unavailable,
    SessionErrors.insufficient_user_authentication,
  )
  async begin(
    @Body() { challenge }: PasskeyOptionsDto,
    @Req() request: FastifyRequest,
  ): Promise<PasskeyRequestDto> {
    const context = contextOf(request);
    if (challenge !== undefined) return this.options.forLogin(challenge, context.origin);
    const caller = await this.caller.find(context);
    return caller ? this.options.forStepUp(caller) : this.options.forSignIn(context.origin);
  }

  /**
   * Signs in with a passkey and without a password. The authenticator must have verified its user, so the session has two
   * factors (`acr` is `aal2`). A passkey cannot be guessed: failures count against no account.
   */
  @Post('passkey')
  @HttpCode(200)
  @RateLimit('passkey')
  @ApiOperation({ operationId: 'logInWithPasskey', summary: 'Sign in with a passkey' })
  @Problems(
    AuthErrors.invalid_challenge,
    AuthErrors.invalid_passkey,
    AuthErrors.email_unverified,
    AuthErrors.passkeys_unavailable,
  )
  @SessionAnswer('`access_token`, `refresh_token` and `device`')
  async signIn(
    @Body() { challenge, response, tokenTransport = 'cookie', deviceToken }: PasskeySignInDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CookieSignedInDto | BodySignedInDto> {
    const { origin } = contextOf(request);
    const device = deviceToken ?? this.presented.device(request);
    const login = { challenge, response: readPasskeyResponse(response), deviceToken: device };
    return this.tokens.send(await this.signIns.signIn(login, origin), tokenTransport, reply);
  }
}
