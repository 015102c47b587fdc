import { Controller, Delete, HttpCode } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SignedIn } from '../../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin, CurrentUser } from '../../platform/http/request.decorators.js';
import { RecoveryCancellation } from './recovery-cancellation.js';

/** Lets signed-in users cancel the recovery of lost factors of their account. */
@ApiTags('users')
@Controller('users/me/recovery')
@SignedIn()
export class OwnRecoveryController {
  constructor(private readonly cancellation: RecoveryCancellation) {}

  /**
   * Cancels the running recovery of lost factors, which `GET /users/me/factors` shows. Any session can do so, without a
   * recent proof; 204 also if none is running. Another one can be started 24 hours later.
   */
  @Delete()
  @HttpCode(204)
  @ApiOperation({ operationId: 'cancelOwnRecovery', summary: 'Cancel the recovery of own second factors' })
  @ApiNoContentResponse({ description: 'No recovery is running.' })
  async cancel(@CurrentUser() caller: SessionPrincipal, @ClientOrigin() origin: Origin): Promise<void> {
    await this.cancellation.cancelOwn(caller, origin);
  }
}
