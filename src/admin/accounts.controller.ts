import { Body, Controller, Delete, Get, HttpCode, Patch, Query, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../platform/access/access.decorator.js';
import { Recent } from '../platform/access/recent.decorator.js';
import { Scope } from '../platform/access/scope.decorator.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { ActingOrigin, ApiAuditReason } from '../platform/http/acting-origin.decorator.js';
import { Problems } from '../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../platform/http/origin.js';
import { AccountAdministration } from './account-administration.js';
import { AccountDirectory, type AccountListPage, type AccountView } from './directory/account-directory.js';
import { UsersErrors } from '../users/users.errors.js';
import { AdminErrors } from './admin.errors.js';
import { AccountDto, AccountPageDto } from './dto/account.dto.js';
import { ListAccountsDto } from './dto/list-accounts.dto.js';
import { UpdateAccountDto } from './dto/update-account.dto.js';
import { AccountId, ApiAccountId } from './account-id.js';
import { RefusedChangesInterceptor } from '../sessions/guards/refused-changes.interceptor.js';

/** Finds, shows and changes the accounts of other people. No secret of a person is shown or set here. */
@ApiTags('administration')
@Controller('admin/users')
@RequireRole('admin')
@UseInterceptors(RefusedChangesInterceptor)
export class AccountsController {
  constructor(
    private readonly directory: AccountDirectory,
    private readonly administration: AccountAdministration,
  ) {}

  /**
   * Lists accounts. A page is as fast with a million accounts as with a hundred, whatever is searched for. The search is not
   * recorded, as it can be about a person.
   */
  @Get()
  @Scope('users:read')
  @ApiOperation({ operationId: 'listAccounts', summary: 'List accounts' })
  @ApiOkResponse({ type: AccountPageDto, description: 'A page of accounts.' })
  @Problems(PlatformErrors.validation_failed)
  async list(@Query() { cursor, limit, ...filter }: ListAccountsDto): Promise<AccountListPage> {
    return this.directory.page(filter, limit, cursor);
  }

  /** Shows an account with its factors, its API keys and the number of its sessions. */
  @Get(':id')
  @Scope('users:read')
  @ApiOperation({ operationId: 'getAccount', summary: 'Show an account' })
  @ApiAccountId()
  @ApiOkResponse({ type: AccountDto, description: 'The account.' })
  @Problems(PlatformErrors.not_found)
  async show(@AccountId() id: string): Promise<AccountView> {
    return this.directory.show(id);
  }

  /**
   * Makes all of the changes or none. Other roles end the sessions of the account, because tokens carry roles; so does
   * disabling, which also ends links to a new password. The owner is notified by mail of both. Members that already have the
   * given value change nothing.
   */
  @Patch(':id')
  @Scope('users:write')
  @Recent()
  @ApiOperation({ operationId: 'updateAccount', summary: 'Change an account' })
  @ApiAccountId()
  @ApiAuditReason()
  @ApiBody({
    type: UpdateAccountDto,
    examples: { name: { summary: 'Another name', value: { displayName: 'Ada Lovelace' } } },
  })
  @ApiOkResponse({ type: AccountDto, description: 'The account after the changes.' })
  @Problems(PlatformErrors.not_found, AdminErrors.own_roles, UsersErrors.last_administrator)
  async update(
    @AccountId() id: string,
    @Body() changes: UpdateAccountDto,
    @ActingOrigin() origin: Origin,
  ): Promise<AccountView> {
    await this.administration.update(id, changes, origin);
    return this.directory.show(id);
  }

  /**
   * Deletes an account and ends its sessions. Its address is free again. The audit trail keeps the entries about it under its
   * id; the personal data in them are erased within 20 seconds, or after `ERASURE_DELAY_HOURS`. The owner is notified by mail.
   */
  @Delete(':id')
  @HttpCode(204)
  @Scope('users:write')
  @Recent()
  @ApiOperation({ operationId: 'deleteAccount', summary: 'Delete an account' })
  @ApiAccountId()
  @ApiAuditReason()
  @ApiNoContentResponse({ description: 'The account is deleted.' })
  @Problems(PlatformErrors.validation_failed, PlatformErrors.not_found, UsersErrors.last_administrator)
  async delete(@AccountId() id: string, @ActingOrigin() origin: Origin): Promise<void> {
    await this.administration.delete(id, origin);
  }
}
