import { Controller, Get, Header, Headers, Query, Req, type StreamableFile } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { RequireRole } from '../../platform/access/access.decorator.js';
import { Scope } from '../../platform/access/scope.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { unacceptable } from '../../platform/errors/unacceptable.js';
import { callerOf } from '../../platform/http/request-context.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { AuditEntry } from '../audit-entry.js';
import { API_CALL } from '../audit-vocabulary.js';
import { AuditFeed } from '../feed/audit-feed.js';
import { FollowAnswer } from '../reading/audit-documentation.js';
import { ReadRecorder } from '../reading/read-recorder.js';
import { StreamAnswers } from '../reading/stream-answers.js';
import { AuditStreamDto } from './audit-stream.dto.js';
import { AuditStreams } from './audit-streams.js';

/** Streams new entries to auditors for as long as their session is valid. */
@ApiTags('audit')
@Controller('audit/stream')
@RequireRole('admin', 'auditor')
@Scope('audit:read')
export class AuditStreamController {
  constructor(
    private readonly streams: AuditStreams,
    private readonly feed: AuditFeed,
    private readonly reads: ReadRecorder,
    private readonly answers: StreamAnswers,
  ) {}

  /**
   * Streams entries as they are recorded, as server-sent events: `data` is an entry and `id` its id. An event without
   * data only contains the position of the stream. A client that reconnects with `Last-Event-ID` misses nothing. The
   * stream ends with the session, or earlier when the access token expires. Read it with `EventSource` or `curl -N`;
   * a client that waits for the end of the response shows nothing.
   */
  @Get()
  @Header('Cache-Control', 'no-store, no-transform')
  @Header('X-Accel-Buffering', 'no')
  @ApiOperation({ operationId: 'followAuditTrail', summary: 'Follow the trail' })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The last id received.' })
  @FollowAnswer()
  @Problems(PlatformErrors.validation_failed, PlatformErrors.overloaded)
  async followAuditTrail(
    @Query() filter: AuditStreamDto,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<StreamableFile> {
    const position = await this.positionAfter(lastEventId);
    await this.reads.record(request, 'stream', filter);
    const stream = this.streams.begin({
      principal: callerOf(request),
      position,
      calls: filter.type === undefined || filter.type === API_CALL,
      wants: matching(filter),
    });
    return this.answers.answer(request, stream, { type: 'text/event-stream' });
  }

  private async positionAfter(lastEventId: string | undefined): Promise<string | null> {
    if (lastEventId === undefined) return null;
    const position = await this.feed.positionAfter(lastEventId);
    if (position === null) {
      throw unacceptable(
        '#/Last-Event-ID',
        'Last-Event-ID must be an id sent by a stream, of an entry that still exists',
      );
    }
    return position;
  }
}

function matching(filter: AuditStreamDto): (entry: AuditEntry) => boolean {
  const wanted = Object.entries(filter).filter(([, value]) => value !== undefined) as [
    keyof AuditStreamDto,
    string,
  ][];
  return (entry) => wanted.every(([member, value]) => entry[member] === value);
}
