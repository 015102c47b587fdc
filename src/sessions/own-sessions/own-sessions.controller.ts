import { Controller, Delete, Get, HttpCode, Param, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { SignedIn } from '../../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin, CurrentUser } from '../../platform/http/request.decorators.js';
import { TokenResponse } from '../tokens/token-response.js';
import { OwnSessionsDto } from './own-session.dto.js';
import { OwnSessions } from './own-sessions.js';
import { SessionDescription } from './session-description.js';

const SESSION_ID = {
  name: 'id',
  description: 'The id of the session, as returned by the list.',
  schema: { type: 'string', format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' },
} as const;

/** Lets users see where they are signed in, and end sessions that they do not recognise. */
@ApiTags('users')
@Controller('users/me/sessions')
@SignedIn()
export class OwnSessionsController {
  constructor(
    private readonly sessions: OwnSessions,
    private readonly description: SessionDescription,
    private readonly tokens: TokenResponse,
  ) {}

  /**
   * Returns where the account is signed in, newest first. There are at most 100 sessions: a further login ends the
   * oldest.
   */
  @Get()
  @ApiOperation({ operationId: 'listOwnSessions', summary: 'List own sessions' })
  @ApiOkResponse({ type: OwnSessionsDto, description: 'The live sessions.' })
  async list(@CurrentUser() caller: SessionPrincipal): Promise<OwnSessionsDto> {
    const sessions = await this.sessions.list(caller);
    return { items: sessions.map((session) => this.description.of(session, caller.sessionId)) };
  }

  /**
   * Ends one of the caller's sessions; its tokens stop working everywhere within a second. Ending the current session
   * signs out.
   */
  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'endOwnSession', summary: 'End one of your own sessions' })
  @ApiParam(SESSION_ID)
  @ApiNoContentResponse({
    description: 'The session has ended. If it is the current one, the cookies of both tokens are removed.',
  })
  @Problems(PlatformErrors.not_found)
  async end(
    @Param('id') id: string,
    @CurrentUser() caller: SessionPrincipal,
    @ClientOrigin() origin: Origin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.sessions.end(caller, id, origin);
    if (id === caller.sessionId) this.tokens.clear(reply);
  }

  /** Signs out everywhere else: ends all of the caller's sessions except the current one. */
  @Delete()
  @HttpCode(204)
  @ApiOperation({ operationId: 'endOtherSessions', summary: 'End all your other sessions' })
  @ApiNoContentResponse({ description: 'All sessions except the current one have ended.' })
  async endOthers(@CurrentUser() caller: SessionPrincipal, @ClientOrigin() origin: Origin): Promise<void> {
    await this.sessions.endOthers(caller, origin);
  }
}
