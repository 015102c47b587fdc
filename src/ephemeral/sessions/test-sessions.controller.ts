import { Body, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AuthErrors } from '../../auth/auth.errors.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import type { Origin } from '../../platform/http/origin.js';
import { Operational } from '../../platform/http/routes/operational.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { ClientOrigin } from '../../platform/http/request.decorators.js';
import type { BodySignedInDto } from '../../sessions/dto/signed-in.dto.js';
import { TokenResponse } from '../../sessions/tokens/token-response.js';
import { TestRoutes } from '../test-routes.decorator.js';
import { durationMs } from '../time/duration.js';
import { BrowserCookies } from './browser-cookies.js';
import { MakeSessionDto, TestSessionDto } from './test-sessions.dto.js';
import { TestSessions } from './test-sessions.js';

/** Signs people in without a password. */
@TestRoutes('sessions')
export class TestSessionsController {
  constructor(
    private readonly sessions: TestSessions,
    private readonly tokens: TokenResponse,
    private readonly cookies: BrowserCookies,
  ) {}

  /** Signs a person in. Answers what a login in the body transport does, and the cookies of the same session. */
  @Post()
  @Operational()
  @ApiOperation({ operationId: 'makeTestSession', summary: 'Sign a person in' })
  @ApiCreatedResponse({ type: TestSessionDto })
  @Problems(PlatformErrors.not_found, AuthErrors.invalid_credentials)
  async make(
    @Body() { userId, acr, age }: MakeSessionDto,
    @ClientOrigin() origin: Origin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TestSessionDto> {
    const wanted = { userId, acr: acr ?? null, proofAgeMs: durationMs(age ?? '0s') ?? 0 };
    const issued = await this.sessions.make(wanted, origin);
    const answer = (await this.tokens.send(issued, 'body', reply)) as BodySignedInDto;
    return Object.assign(new TestSessionDto(), answer, { cookies: this.cookies.of(answer) });
  }
}
