import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/access/access.decorator.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { ListBody } from '../../platform/http/validation/list-body.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { KeepsRawBody } from '../../platform/http/bodies/raw-body.decorator.js';
import { ClientOrigin } from '../../platform/http/request.decorators.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { LeakReportDto } from './leak-report.dto.js';
import { LeakedKeys } from './leaked-keys.js';
import { SignedReportGuard } from './signed-report.guard.js';

const BOUNDS = { min: 1, max: 100 };

const SIGNATURE = {
  name: 'Portcullis-Signature',
  required: true,
  description:
    '`t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">` with `SECRET_SCANNING_SECRET`, as of webhooks; at most 300 s old.',
  schema: { type: 'string' },
} as const;

/** Takes reports of secret scanners. */
@ApiTags('api keys')
@Controller('secret-scanning')
@Public()
@UseGuards(SignedReportGuard)
export class SecretScanningController {
  constructor(private readonly leaked: LeakedKeys) {}

  /**
   * Takes texts that a secret scanner found in public places, in the format of GitHub's partner program. An active API key
   * of this service among them is revoked within a second, its owner (for a service account, every administrator) is told
   * by mail, and the alert `leaked_key` is raised. The response does not tell which texts were keys. The
   * body can have 1 MiB. Without `SECRET_SCANNING_SECRET`, the response is 404.
   */
  @Post()
  @HttpCode(202)
  @KeepsRawBody()
  @ApiOperation({ operationId: 'reportLeakedKeys', summary: 'Report leaked API keys (for secret scanners)' })
  @ApiHeader(SIGNATURE)
  @ApiBody({ type: [LeakReportDto] })
  @ApiAcceptedResponse({ description: 'The keys among the texts are revoked.' })
  @Problems(
    PlatformErrors.validation_failed,
    SessionErrors.unauthenticated,
    SessionErrors.invalid_token,
    PlatformErrors.not_found,
    PlatformErrors.overloaded,
  )
  async report(
    @ListBody(LeakReportDto, BOUNDS) reports: LeakReportDto[],
    @ClientOrigin() { requestId }: Origin,
  ): Promise<void> {
    await this.leaked.report(reports, requestId);
  }
}
