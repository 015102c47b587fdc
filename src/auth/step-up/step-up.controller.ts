import { Body, Controller, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SignedIn } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { contextOf, principalOf } from '../../platform/http/request-context.js';
import { Slow } from '../../platform/http/routes/slow.decorator.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { RefundInterceptor } from '../../rate-limit/refund.interceptor.js';
import type { BodySignedInDto, CookieSignedInDto } from '../../sessions/dto/signed-in.dto.js';
import { SessionAnswer } from '../../sessions/session-documentation.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { PresentedTokens } from '../../sessions/tokens/presented-tokens.js';
import { TokenResponse } from '../../sessions/tokens/token-response.js';
import { AuthErrors } from '../auth.errors.js';
import { readPasskeyResponse } from '../credentials/factors/passkeys/passkey-response.js';
import { StepUpDto } from './step-up.dto.js';
import { type StepUpProof, StepUpService } from './step-up.service.js';

/** Lets signed-in users authenticate again. */
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
   * Authenticates the signed-in user again, for requests that were refused with `insufficient_user_authentication`, by one of
   * the `methods` of that response: the password, or the code of an authenticator app or a passkey where the account has one.
   * If the session has lost the factor with which it was opened, the next refusal can name a second method.
   * The session continues, and its proof counts as recent for ten minutes (`STEP_UP_MAX_AGE_SECONDS`). The tokens are
   * renewed as in a refresh, in the transport of the presented access token; use the new ones from now on. A wrong
   * password or code counts like one at a login.
   */
  @Post('step-up')
  @HttpCode(200)
  @Slow('password')
  @RateLimit('login-address')
  @UseInterceptors(RefundInterceptor)
  @ApiOperation({ operationId: 'stepUp', summary: 'Authenticate again in a session' })
  @Problems(
    AuthErrors.invalid_credentials,
    SecretsErrors.invalid_code,
    AuthErrors.invalid_challenge,
    AuthErrors.invalid_passkey,
    AuthErrors.passkeys_unavailable,
    SessionErrors.insufficient_user_authentication,
    PlatformErrors.overloaded,
  )
  @SessionAnswer('`access_token`, `refresh_token` and `device`')
  async stepUp(
    @Body() body: StepUpDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CookieSignedInDto | BodySignedInDto> {
    const { origin } = contextOf(request);
    const renewed = await this.steps.stepUp(principalOf(request), proofOf(body), origin);
    return this.tokens.send(renewed, this.presented.transportOf(request), reply);
  }
}

/** The validation guarantees the members that each kind of proof needs; null stands for an absent one. */
function proofOf({ password, method, code, challenge, response }: StepUpDto): StepUpProof {
  if (password != null) return { password };
  if (method === 'totp') return { code: code! };
  return { challenge: challenge!, response: readPasskeyResponse(response!) };
}
