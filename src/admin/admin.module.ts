import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { MachinesModule } from '../machines/machines.module.js';
import { MailKindsModule } from '../platform/mail/mail.module.js';
import { SecretsModule } from '../platform/secrets/secrets.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountAccess } from './account-access.js';
import { AccountAccessController } from './account-access.controller.js';
import { AccountAdministration } from './account-administration.js';
import { AccountChanges } from './account-changes.js';
import { AccountCursor } from './directory/account-cursor.js';
import { AccountDirectory } from './directory/account-directory.js';
import { AccountHoldings } from './directory/account-holdings.js';
import { AccountInvitations } from './account-invitations.js';
import { AccountInvitationsController } from './account-invitations.controller.js';
import { AccountNotices } from './account-notices.js';
import { AccountListRepository } from './directory/account-list.repository.js';
import { AccountSessions } from './account-sessions.js';
import { AccountsController } from './accounts.controller.js';
import { BootstrapAdministrator } from './bootstrap-administrator.js';
import { LockedAccounts } from './locked-accounts.js';
import { accountDisabledMail } from './mails/account-disabled.mail.js';
import { linkHandedOutMail } from './mails/link-handed-out.mail.js';
import { roleChangedMail } from './mails/role-changed.mail.js';
import { PasswordLinks } from './password-links.js';
import { RepeatedDeletions } from './repeated-deletions.js';

const reading = [AccountCursor, AccountDirectory, AccountHoldings, AccountListRepository, AccountSessions];
const changes = [
  AccountAccess,
  AccountAdministration,
  AccountChanges,
  AccountInvitations,
  AccountNotices,
  LockedAccounts,
  PasswordLinks,
  RepeatedDeletions,
];

/** Account administration: what administrators and operators can do to accounts, and the first administrator. */
@Module({
  imports: [
    AuditModule,
    RateLimitModule,
    UsersModule,
    SessionsModule,
    AuthModule,
    MachinesModule,
    SecretsModule,
    MailKindsModule.with(accountDisabledMail, linkHandedOutMail, roleChangedMail),
  ],
  controllers: [AccountsController, AccountAccessController, AccountInvitationsController],
  providers: [...reading, ...changes, BootstrapAdministrator],
  exports: [
    AccountAccess,
    AccountAdministration,
    AccountDirectory,
    AccountInvitations,
    PasswordLinks,
    RepeatedDeletions,
  ],
})
export class AdminModule {}
