import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SignedIn } from '../../../../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../../../../platform/access/principal.js';
import { Recent } from '../../../../platform/access/recent.decorator.js';
import { Problems } from '../../../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../../../platform/http/origin.js';
import { ClientOrigin, CurrentUser } from '../../../../platform/http/request.decorators.js';
import { AuthErrors } from '../../../auth.errors.js';
import { itemOf } from '../factors-view.js';
import { ofPasskey } from '../registered-factors.js';
import { readPasskeyResponse } from './passkey-response.js';
import { PasskeyRegistration } from './passkey-registration.js';
import { NewPasskeyDto, PasskeyCreationDto, RegisteredPasskeyDto } from './passkeys.dto.js';

/** Lets users register passkeys. */
@ApiTags('users')
@Controller('users/me/factors/passkeys')
@SignedIn()
export class PasskeysController {
  constructor(private readonly registration: PasskeyRegistration) {}

  /** Begins the registration of a passkey. The challenge is valid for five minutes, in this session. */
  @Post('options')
  @HttpCode(200)
  @Recent()
  @ApiOperation({ operationId: 'beginPasskey', summary: 'Begin to register a passkey' })
  @ApiOkResponse({ type: PasskeyCreationDto, description: 'The options for the browser.' })
  @Problems(AuthErrors.too_many_factors, AuthErrors.passkeys_unavailable)
  async begin(@CurrentUser() caller: SessionPrincipal): Promise<PasskeyCreationDto> {
    return this.registration.begin(caller);
  }

  /**
   * Registers a passkey: a second factor, and, if it verifies its user, a sign-in without a password. An account can have
   * 20. This session has proven it; the next refresh returns tokens that say so. The owner is notified by mail.
   */
  @Post()
  @HttpCode(201)
  @Recent()
  @ApiOperation({ operationId: 'registerPasskey', summary: 'Register a passkey' })
  @ApiCreatedResponse({ type: RegisteredPasskeyDto, description: 'The passkey is in use.' })
  @Problems(
    AuthErrors.invalid_challenge,
    AuthErrors.invalid_passkey,
    AuthErrors.passkey_taken,
    AuthErrors.too_many_factors,
    AuthErrors.passkeys_unavailable,
  )
  async register(
    @Body() { challenge, name = 'Passkey', response }: NewPasskeyDto,
    @CurrentUser() caller: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<RegisteredPasskeyDto> {
    const submitted = { challenge, name, response: readPasskeyResponse(response) };
    const { passkey, recoveryCodes } = await this.registration.finish(caller, submitted, origin);
    return { factor: itemOf(ofPasskey(passkey)), recoveryCodes };
  }
}
