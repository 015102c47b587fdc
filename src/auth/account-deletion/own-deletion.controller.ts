import { Controller, Delete, HttpCode, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { SignedIn } from '../../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Recent } from '../../platform/access/recent.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin, CurrentUser } from '../../platform/http/request.decorators.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { CLEAR_SITE_DATA, clearBrowserCache } from '../../sessions/tokens/clear-site-data.js';
import { TokenResponse } from '../../sessions/tokens/token-response.js';
import { UsersErrors } from '../../users/users.errors.js';
import { OwnDeletion } from './own-deletion.js';

/** Lets people delete their account. */
@ApiTags('users')
@Controller('users/me')
@SignedIn()
export class OwnDeletionController {
  constructor(
    private readonly deletion: OwnDeletion,
    private readonly tokens: TokenResponse,
  ) {}

  /**
   * Deletes the account at once and for good: every session ends, and its address is free. Within 20 s, or after
   * `ERASURE_DELAY_HOURS`, the owner's IP address and user agent are erased from the audit trail. The owner is notified by mail.
   */
  @Delete()
  @HttpCode(204)
  @Recent()
  @ApiOperation({ operationId: 'deleteOwnAccount', summary: 'Delete own account' })
  @ApiNoContentResponse({ description: 'The account is deleted.', headers: CLEAR_SITE_DATA })
  @Problems(UsersErrors.last_administrator)
  async remove(
    @CurrentUser() caller: SessionPrincipal,
    @ClientOrigin() origin: Origin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.deletion.run(caller, origin);
    this.tokens.clear(reply);
    clearBrowserCache(reply);
  }
}
