import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountAdministration } from './account-administration.js';
import { AccountDirectory } from './account-directory.js';
import { BootstrapAdministrator } from './bootstrap-administrator.js';
import { OperatorPasswords } from './operator-passwords.js';

/** Account administration: what operators can do to accounts, and the first administrator. */
@Module({
  imports: [AuditModule, RateLimitModule, UsersModule, SessionsModule, AuthModule],
  providers: [AccountAdministration, AccountDirectory, BootstrapAdministrator, OperatorPasswords],
  exports: [AccountAdministration, AccountDirectory, OperatorPasswords],
})
export class AdminModule {}
