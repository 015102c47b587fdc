import { Controller, Delete, Get, HttpCode, Post, UseInterceptors } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { RequireRole } from '../platform/access/access.decorator.js';
import { Recent } from '../platform/access/recent.decorator.js';
import { Scope } from '../platform/access/scope.decorator.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { ActingOrigin, ApiAuditReason } from '../platform/http/acting-origin.decorator.js';
import { Problems } from '../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../platform/http/origin.js';
import { MailErrors } from '../platform/mail/mail.errors.js';
import { AccountAccess } from './account-access.js';
import { AccountId, ApiAccountId } from './account-id.js';
import { AccountSessions } from './account-sessions.js';
import { AdminErrors } from './admin.errors.js';
import { AccountSessionsDto } from './dto/account.dto.js';
import { PasswordLinks } from './password-links.js';
import { RefusedChangesInterceptor } from '../sessions/guards/refused-changes.interceptor.js';

/** Helps people who are locked out, and ends access that should not be. */
@ApiTags('administration')
@Controller('admin/users/:id')
@RequireRole('admin')
@UseInterceptors(RefusedChangesInterceptor)
export class AccountAccessController {
  constructor(
    private readonly access: AccountAccess,
    private readonly sessions: AccountSessions,
    private readonly links: PasswordLinks,
  ) {}

  /** Forgets the failed logins of an account, so that its owner can try again at once. */
  @Post('unlock')
  @HttpCode(204)
  @Scope('users:write')
  @Recent()
  @ApiOperation({ operationId: 'unlockAccount', summary: 'Unlock an account' })
  @ApiAccountId()
  @ApiAuditReason()
  @ApiNoContentResponse({ description: 'The account is not locked.' })
  @Problems(PlatformErrors.validation_failed, PlatformErrors.not_found)
  async unlock(@AccountId() id: string, @ActingOrigin() origin: Origin): Promise<void> {
    await this.access.unlock(id, origin);
  }

  /** Mails the owner of an account a link to set a new password. The password does not change until the link is used. */
  @Post('password-reset')
  @HttpCode(202)
  @Scope('users:write')
  @Recent()
  @ApiOperation({ operationId: 'mailPasswordReset', summary: 'Mail a link to a new password' })
  @ApiAccountId()
  @ApiAuditReason()
  @ApiAcceptedResponse({ description: 'The e-mail is on its way.' })
  @Problems(
    PlatformErrors.validation_failed,
    PlatformErrors.not_found,
    AdminErrors.wrong_status,
    MailErrors.mail_unconfigured,
  )
  async resetPassword(@AccountId() id: string, @ActingOrigin() origin: Origin): Promise<void> {
    await this.links.mail(id, origin);
  }

  /** Lists where an account is signed in, newest first. */
  @Get('sessions')
  @Scope('users:read')
  @ApiOperation({ operationId: 'listAccountSessions', summary: 'List the sessions of an account' })
  @ApiAccountId()
  @ApiOkResponse({ type: AccountSessionsDto, description: 'The live sessions.' })
  @Problems(PlatformErrors.not_found)
  async listSessions(@AccountId() id: string): Promise<AccountSessionsDto> {
    return { items: await this.sessions.list(id) };
  }

  /** Ends every session of an account; its tokens stop working everywhere within a second. */
  @Delete('sessions')
  @HttpCode(204)
  @Scope('users:write')
  @Recent()
  @ApiOperation({ operationId: 'endAccountSessions', summary: 'End the sessions of an account' })
  @ApiAccountId()
  @ApiAuditReason()
  @ApiNoContentResponse({ description: 'The account has no session.' })
  @Problems(PlatformErrors.validation_failed, PlatformErrors.not_found)
  async endSessions(@AccountId() id: string, @ActingOrigin() origin: Origin): Promise<void> {
    await this.access.endSessions(id, origin);
  }

  /**
   * Removes every second factor of an account, with its recovery codes, so that its owner can sign in with the password and
   * enrol new ones. Sessions fall back to the level of a password. Links to set a new password or to verify an address that were
   * sent before become invalid, so send those afterwards. The owner is notified by mail.
   */
  @Delete('factors')
  @HttpCode(204)
  @Scope('users:write')
  @Recent()
  @ApiOperation({ operationId: 'removeAccountFactors', summary: 'Remove the second factors of an account' })
  @ApiAccountId()
  @ApiAuditReason()
  @ApiNoContentResponse({ description: 'The account has no second factor.' })
  @Problems(PlatformErrors.validation_failed, PlatformErrors.not_found)
  async removeFactors(@AccountId() id: string, @ActingOrigin() origin: Origin): Promise<void> {
    await this.access.removeFactors(id, origin);
  }
}
