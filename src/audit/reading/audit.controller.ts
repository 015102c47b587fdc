import { Controller, Get, Query, Req, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { RequireRole } from '../../platform/access/access.decorator.js';
import { callerIdOf } from '../../platform/access/principal.js';
import { Scope } from '../../platform/access/scope.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { callerOf } from '../../platform/http/request-context.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { SharedVerification } from '../verification/shared-verification.js';
import { ExportAnswer, SealsAnswer } from './audit-documentation.js';
import { AuditExport, type ExportText } from './audit-export.js';
import { AuditFilterDto } from './dto/audit-filter.dto.js';
import { AuditListDto } from './dto/audit-list.dto.js';
import { AuditPageDto } from './dto/audit-page.dto.js';
import { SealedRangeDto } from './dto/sealed-range.dto.js';
import { VerificationDto } from './dto/verification.dto.js';
import { ReadRecorder } from './read-recorder.js';
import { OpenStreams } from './open-streams.js';
import { StreamAnswers } from './stream-answers.js';
import { sealedRange } from './trail-query.js';
import { TrailReader } from './trail-reader.js';

/** Limits on concurrent exports per process. Each reads the trail as fast as its client does. */
const EXPORTS = { ofAll: 10, ofOne: 3, retryAfterSeconds: 10 };

/** Lets auditors read, export and verify the trail. Each access is recorded as an event. */
@ApiTags('audit')
@Controller('audit')
@RequireRole('admin', 'auditor')
@Scope('audit:read')
export class AuditController {
  private readonly open = new OpenStreams(EXPORTS);

  constructor(
    private readonly reader: TrailReader,
    private readonly exports: AuditExport,
    private readonly verification: SharedVerification,
    private readonly reads: ReadRecorder,
    private readonly answers: StreamAnswers,
  ) {}

  /**
   * Lists events and API calls, newest first: those of the last 24 hours, or of a range of at most 31 days. Each
   * call of this endpoint is itself recorded as an event (`audit_read`).
   */
  @Get('events')
  @ApiOperation({ operationId: 'listAuditEntries', summary: 'List the trail' })
  @ApiOkResponse({ type: AuditPageDto, description: 'A page of entries.' })
  @Problems(PlatformErrors.validation_failed)
  async listAuditEntries(
    @Query() query: AuditListDto,
    @Req() request: FastifyRequest,
  ): Promise<AuditPageDto> {
    const page = await this.reader.list(query);
    await this.reads.record(request, 'events', query);
    return page;
  }

  /**
   * Exports entries, oldest first, as one JSON object per line or, with `Accept: text/csv`, as CSV. Covers the last
   * 24 hours unless `from` is given; the range is at most 366 days. At most three exports of one user and ten in all run
   * at a time; others are refused with `overloaded`.
   */
  @Get('export')
  @ApiOperation({ operationId: 'exportAuditEntries', summary: 'Export the trail' })
  @ExportAnswer()
  @Problems(PlatformErrors.validation_failed, PlatformErrors.overloaded)
  async exportAuditEntries(
    @Query() filter: AuditFilterDto,
    @Req() request: FastifyRequest,
  ): Promise<StreamableFile> {
    const text = this.exports.entries(filter, request.headers.accept);
    this.open.assertRoom(callerIdOf(callerOf(request)));
    await this.reads.record(request, 'export', filter);
    return this.file(request, 'audit', text);
  }

  /**
   * Exports the seals that prove an export, one JSON object per line; see docs/audit-format.md. Covers all seals
   * unless `from` or `to` is given.
   */
  @Get('seals')
  @ApiOperation({ operationId: 'exportAuditSeals', summary: 'Export the seals' })
  @SealsAnswer()
  @Problems(PlatformErrors.validation_failed, PlatformErrors.overloaded)
  async exportAuditSeals(
    @Query() range: SealedRangeDto,
    @Req() request: FastifyRequest,
  ): Promise<StreamableFile> {
    const text = this.exports.sealsOf(range);
    this.open.assertRoom(callerIdOf(callerOf(request)));
    await this.reads.record(request, 'seals', range);
    return this.file(request, 'audit-seals', text);
  }

  /** Checks whether the trail is unchanged since it was written. Takes about half a minute for a million entries. */
  @Get('verification')
  @ApiOperation({ operationId: 'verifyAuditTrail', summary: 'Verify the trail' })
  @ApiOkResponse({
    type: VerificationDto,
    description: 'The result. The status is 200 even if the trail is broken.',
  })
  @Problems(PlatformErrors.validation_failed, PlatformErrors.overloaded)
  async verifyAuditTrail(
    @Query() range: SealedRangeDto,
    @Req() request: FastifyRequest,
  ): Promise<VerificationDto> {
    const wanted = sealedRange(range);
    await this.reads.record(request, 'verification', range);
    return this.verification.verify(wanted);
  }

  private async file(
    request: FastifyRequest,
    name: string,
    { format, text }: ExportText,
  ): Promise<StreamableFile> {
    const stream = Readable.from(text);
    this.open.add(stream, callerIdOf(callerOf(request)));
    return this.answers.answer(request, stream, {
      type: format.mediaType,
      disposition: `attachment; filename="${name}.${format.extension}"`,
    });
  }
}
