import { Controller, Get, Req, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { OpenStreams } from '../../audit/reading/open-streams.js';
import { StreamAnswers } from '../../audit/reading/stream-answers.js';
import { SignedIn } from '../../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Recent } from '../../platform/access/recent.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { CurrentUser } from '../../platform/http/request.decorators.js';
import { attachment } from '../../platform/http/openapi/response-fields.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { OwnDataDto } from './own-data.dto.js';
import { OwnDataExport } from './own-data-export.js';

/** Limits on concurrent exports per process; each one may read as many seals as its person has entries. */
const EXPORTS = { ofAll: 10, ofOne: 1, retryAfterSeconds: 10 };

/** Lets people take their data with them. */
@ApiTags('users')
@Controller('users/me/export')
@SignedIn()
export class OwnDataController {
  private readonly open = new OpenStreams(EXPORTS);

  constructor(
    private readonly own: OwnDataExport,
    private readonly answers: StreamAnswers,
  ) {}

  /**
   * Exports the data of the account as one JSON object: the profile, the times of the first and the last login, the live
   * sessions, the remembered devices, the factors and API keys without their secrets, and the entries of the audit trail
   * about its owner, with what proves each of them and nothing about anyone else. Of ended sessions, recoveries of
   * factors, and changes of the address or the password, it has the entries in the trail. What an administrator has done
   * to others is in the entries about them, and not in this export. `deploy/verify-audit-export.mjs --own` checks the
   * file. The export contains personal data, which the deletion of the account cannot reach any more.
   */
  @Get()
  @Recent()
  @ApiOperation({ operationId: 'exportOwnData', summary: 'Export own data' })
  @ApiOkResponse({
    type: OwnDataDto,
    description: 'The data, as an attachment.',
    headers: attachment('own-data.json'),
  })
  @Problems(PlatformErrors.overloaded)
  async exportOwnData(
    @CurrentUser() { userId }: SessionPrincipal,
    @Req() request: FastifyRequest,
  ): Promise<StreamableFile> {
    this.open.assertRoom(userId);
    const stream = Readable.from(this.own.text(userId));
    this.open.add(stream, userId);
    return this.answers.answer(request, stream, {
      type: 'application/json',
      disposition: 'attachment; filename="own-data.json"',
    });
  }
}
