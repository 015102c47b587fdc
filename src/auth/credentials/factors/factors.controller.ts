import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { SignedIn } from '../../../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../../../platform/access/principal.js';
import { Recent } from '../../../platform/access/recent.decorator.js';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problems } from '../../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../../platform/http/origin.js';
import { ClientOrigin, CurrentUser } from '../../../platform/http/request.decorators.js';
import { SecretsErrors } from '../../../platform/secrets/secrets.errors.js';
import { AuthErrors } from '../../auth.errors.js';
import {
  CodeDto,
  FactorDto,
  FactorNameDto,
  FirstRecoveryCodesDto,
  NewTotpDto,
  OwnFactorsDto,
  RecoveryCodesDto,
  TotpSetupDto,
} from './factors.dto.js';
import { FactorsView } from './factors-view.js';
import { OwnFactors } from './own-factors.js';
import { TotpEnrolment } from './totp/totp-enrolment.js';

const FACTOR_ID = {
  name: 'id',
  description: 'The id of the factor.',
  schema: { type: 'string', format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' },
} as const;

/** Lets users manage their second factors. */
@ApiTags('users')
@Controller('users/me')
@SignedIn()
export class FactorsController {
  constructor(
    private readonly view: FactorsView,
    private readonly enrolment: TotpEnrolment,
    private readonly factors: OwnFactors,
  ) {}

  /**
   * Returns the confirmed second factors, the oldest first, how many recovery codes are left, and the recovery of lost factors
   * that is running.
   */
  @Get('factors')
  @ApiOperation({ operationId: 'listOwnFactors', summary: 'List own factors' })
  @ApiOkResponse({ type: OwnFactorsDto, description: 'The factors.' })
  async list(@CurrentUser() { userId }: SessionPrincipal): Promise<OwnFactorsDto> {
    return this.view.list(userId);
  }

  /**
   * Begins the enrolment of an authenticator app. Show the QR code, then confirm the factor with the first code within ten
   * minutes, in the same session. An account can have five.
   */
  @Post('factors/totp')
  @HttpCode(201)
  @Recent()
  @ApiOperation({ operationId: 'enrolTotp', summary: 'Enrol an authenticator app' })
  @ApiCreatedResponse({ type: TotpSetupDto, description: 'The secret, which is shown once.' })
  @Problems(AuthErrors.too_many_factors)
  async enrol(@Body() { name }: NewTotpDto, @CurrentUser() caller: SessionPrincipal): Promise<TotpSetupDto> {
    return this.enrolment.begin(caller, name ?? 'Authenticator app');
  }

  /**
   * Confirms an authenticator app with a code that it shows; the code is used up. Only the session that began the enrolment
   * can do this, and not after another session has added or removed a factor. From now on, logins need the factor. This
   * session has proven it; the next refresh returns tokens that say so. The owner is notified by mail.
   */
  @Post('factors/totp/:id/confirm')
  @HttpCode(200)
  @ApiOperation({ operationId: 'confirmTotp', summary: 'Confirm an authenticator app' })
  @ApiParam(FACTOR_ID)
  @ApiOkResponse({ type: FirstRecoveryCodesDto, description: 'The factor is in use.' })
  @Problems(SecretsErrors.invalid_code, PlatformErrors.not_found, AuthErrors.too_many_factors)
  async confirm(
    @Param('id') id: string,
    @Body() { code }: CodeDto,
    @CurrentUser() caller: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<FirstRecoveryCodesDto> {
    return { recoveryCodes: await this.factors.confirm(caller, id, code, origin) };
  }

  /** Renames a factor. */
  @Put('factors/:id')
  @ApiOperation({ operationId: 'renameOwnFactor', summary: 'Rename a factor' })
  @ApiParam(FACTOR_ID)
  @ApiOkResponse({ type: FactorDto, description: 'The factor.' })
  @Problems(PlatformErrors.not_found)
  async rename(
    @Param('id') id: string,
    @Body() { name }: FactorNameDto,
    @CurrentUser() { userId }: SessionPrincipal,
  ): Promise<FactorDto> {
    return this.view.rename(userId, id, name);
  }

  /**
   * Removes a factor. Sessions that no other factor has proven fall back to the level of a password at once, and pending
   * logins with it become invalid, as do enrolments that other sessions have begun. Recovery codes are deleted with the last
   * factor. The owner is notified by mail.
   */
  @Delete('factors/:id')
  @HttpCode(204)
  @Recent()
  @ApiOperation({ operationId: 'removeOwnFactor', summary: 'Remove a factor' })
  @ApiParam(FACTOR_ID)
  @ApiNoContentResponse({ description: 'The factor is removed.' })
  @Problems(PlatformErrors.not_found)
  async remove(
    @Param('id') id: string,
    @CurrentUser() caller: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<void> {
    await this.factors.remove(caller, id, origin);
  }

  /**
   * Issues ten new recovery codes in place of the former ones. An account without a factor has none: 404. The owner is
   * notified by mail.
   */
  @Post('recovery-codes')
  @HttpCode(201)
  @Recent()
  @ApiOperation({ operationId: 'renewRecoveryCodes', summary: 'Renew recovery codes' })
  @ApiCreatedResponse({ type: RecoveryCodesDto, description: 'The codes, which are shown once.' })
  @Problems(PlatformErrors.not_found)
  async renewCodes(
    @CurrentUser() caller: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<RecoveryCodesDto> {
    return { recoveryCodes: await this.factors.renewCodes(caller, origin) };
  }
}
