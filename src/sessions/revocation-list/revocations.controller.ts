import { Controller, Get, Header, Headers, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequireRole } from '../../platform/access/access.decorator.js';
import { Scope } from '../../platform/access/scope.decorator.js';
import type { Principal } from '../../platform/access/principal.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { UNBUFFERED } from '../../platform/http/openapi/response-fields.js';
import { prefers } from '../../platform/http/media-preference.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { Caller } from '../../platform/http/request.decorators.js';
import { Slow } from '../../platform/http/routes/slow.decorator.js';
import { SessionErrors } from '../session.errors.js';
import { RevocationAnswers } from './revocation-answers.js';
import { listOf, numberOf } from './revocation-format.js';
import { ListRevocationsDto, RevocationsDto } from './revocations.dto.js';

const NDJSON = 'application/x-ndjson';

const LINE =
  '{"cursor":"1842","sessionId":"019abf6e-3c19-7b0a-9f3d-5a7c9e1b3d5f","subject":"019abf6e-0b6e-7c1f-8d5e-2f4b6a8c0e1d","keyId":null,"reason":"logout","revokedAt":"2026-11-23T09:30:00.026Z","expiresAt":"2026-11-23T09:45:00.026Z"}\n';

/** Lists revocations, which services that verify tokens offline cannot see in the tokens. */
@ApiTags('keys')
@Controller('revocations')
@RequireRole('admin')
@Scope('revocations:read')
export class RevocationsController {
  constructor(private readonly answers: RevocationAnswers) {}

  /**
   * Lists the sessions and keys whose tokens must not be accepted although they have not expired, oldest first. Each is in
   * the list within a second of its end, however and on whatever instance it ended, and until its last token has expired.
   * Nothing is ever added before a cursor that was given out.
   *
   * Follow the list with `wait`, or with `Accept: application/x-ndjson`: then the response stays open, with one line for
   * each revocation and an empty line every 250 ms. A client that receives nothing for longer than that does not know what
   * has been revoked since.
   */
  @Get()
  @Slow('waiting')
  @ApiExtraModels(RevocationsDto)
  @Header('Cache-Control', 'no-store, no-transform')
  @Header('X-Accel-Buffering', 'no')
  @ApiOperation({ operationId: 'listRevocations', summary: 'List revocations' })
  @ApiOkResponse({
    description: 'The revocations after the cursor.',
    headers: UNBUFFERED,
    content: {
      'application/json': { schema: { $ref: getSchemaPath(RevocationsDto) } },
      [NDJSON]: { schema: { type: 'string' }, example: LINE },
    },
  })
  @Problems(PlatformErrors.validation_failed, SessionErrors.cursor_expired, PlatformErrors.overloaded)
  async listRevocations(
    @Query() { after, wait }: ListRevocationsDto,
    @Headers('accept') accept: string | undefined,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RevocationsDto | StreamableFile> {
    if (!prefers(accept, NDJSON, 'application/json')) {
      const page = await this.answers.page(caller, numberOf(after), wait, whenClosed(reply));
      return listOf(page);
    }
    const stream = await this.answers.stream(caller, numberOf(after));
    // Fastify would read the whole stream for a HEAD request and discard it.
    if (request.method === 'HEAD') stream.destroy();
    return new StreamableFile(stream, { type: NDJSON });
  }
}

/** Returns a signal that aborts when the client hangs up. */
function whenClosed(reply: FastifyReply): AbortSignal {
  const closed = new AbortController();
  reply.raw.once('close', () => closed.abort());
  return closed.signal;
}
