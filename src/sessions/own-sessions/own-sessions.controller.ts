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
import { OwnSessions } from './own-sessions.service.js';
import { SessionDescription } from './session-description.js';

const SESSION_ID = {
  name: 'id',
  description: 'As the list has it.',
  schema: { type: 'string', format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' },
} as const;

/** Shows people where they are signed in, and lets them end what they do not know. */
@ApiTags('users')
@Controller('users/me/sessions')
@SignedIn()
export class OwnSessionsController {
  constructor(
    private readonly sessions: OwnSessions,
    private readonly description: SessionDescription,
    private readonly tokens: TokenResponse,
  ) {}

  /** Where the own account is signed in, newest first. There are 100 at most: beyond that, a login ends the oldest. */
  @Get()
  @ApiOperation({ operationId: 'listOwnSessions', summary: 'List own sessions' })
  @ApiOkResponse({ type: OwnSessionsDto, description: 'The sessions that are not over.' })
  async list(@CurrentUser() caller: SessionPrincipal): Promise<OwnSessionsDto> {
    const sessions = await this.sessions.list(caller);
    return { items: sessions.map((session) => this.description.of(session, caller.sessionId)) };
  }

  /** Ends one of the own sessions: its tokens are dead everywhere within a second. Ending this one signs out. */
  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'endOwnSession', summary: 'End one of the own sessions' })
  @ApiParam(SESSION_ID)
  @ApiNoContentResponse({
    description: 'It is over. For the own one, the cookies of both tokens are removed.',
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

  /** Signs out everywhere else: ends all of the own sessions but the one of this request. */
  @Delete()
  @HttpCode(204)
  @ApiOperation({ operationId: 'endOtherSessions', summary: "End all other sessions of one's own" })
  @ApiNoContentResponse({ description: 'This session is the only one that goes on.' })
  async endOthers(@CurrentUser() caller: SessionPrincipal, @ClientOrigin() origin: Origin): Promise<void> {
    await this.sessions.endOthers(caller, origin);
  }
}
