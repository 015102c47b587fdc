import { Body, Controller, HttpCode, Post, UseInterceptors } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../platform/access/access.decorator.js';
import { LOCALES } from '../platform/access/locale.js';
import { Recent } from '../platform/access/recent.decorator.js';
import { Scope } from '../platform/access/scope.decorator.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { ActingOrigin, ApiAuditReason } from '../platform/http/acting-origin.decorator.js';
import { Problems } from '../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../platform/http/origin.js';
import { MailErrors } from '../platform/mail/mail.errors.js';
import { UsersErrors } from '../users/users.errors.js';
import { AccountDirectory, type AccountView } from './directory/account-directory.js';
import { AccountId, ApiAccountId } from './account-id.js';
import { AccountInvitations } from './account-invitations.js';
import { AdminErrors } from './admin.errors.js';
import { AccountDto } from './dto/account.dto.js';
import { InviteDto } from './dto/invite.dto.js';
import { rolesWith } from './roles.decorator.js';
import { RefusedChangesInterceptor } from '../sessions/guards/refused-changes.interceptor.js';

/** Invites people. */
@ApiTags('administration')
@Controller('admin/users')
@RequireRole('admin')
@UseInterceptors(RefusedChangesInterceptor)
export class AccountInvitationsController {
  constructor(
    private readonly invitations: AccountInvitations,
    private readonly directory: AccountDirectory,
  ) {}

  /**
   * Creates an account with the status `invited` and mails its owner a link, which works once, for 72 hours. The owner
   * chooses the password; nobody can sign in before. The account stays invited when the link has expired.
   */
  @Post()
  @Scope('users:write')
  @Recent()
  @ApiOperation({ operationId: 'inviteAccount', summary: 'Invite a person' })
  @ApiAuditReason()
  @ApiCreatedResponse({ type: AccountDto, description: 'The account.' })
  @Problems(UsersErrors.email_taken, MailErrors.mail_unconfigured)
  async invite(
    @Body() { email, displayName, roles = [], locale = LOCALES[0] }: InviteDto,
    @ActingOrigin() origin: Origin,
  ): Promise<AccountView> {
    const account = { email, displayName: displayName ?? null, roles: rolesWith(roles), locale };
    return this.directory.show(await this.invitations.invite(account, origin));
  }

  /** Mails the owner of an invited account a new link; former links become invalid. */
  @Post(':id/invitation')
  @HttpCode(202)
  @Scope('users:write')
  @Recent()
  @ApiOperation({ operationId: 'repeatInvitation', summary: 'Send an invitation again' })
  @ApiAccountId()
  @ApiAuditReason()
  @ApiAcceptedResponse({ description: 'The e-mail is on its way.' })
  @Problems(
    PlatformErrors.validation_failed,
    PlatformErrors.not_found,
    AdminErrors.wrong_status,
    MailErrors.mail_unconfigured,
  )
  async again(@AccountId() id: string, @ActingOrigin() origin: Origin): Promise<void> {
    await this.invitations.again(id, origin);
  }
}
