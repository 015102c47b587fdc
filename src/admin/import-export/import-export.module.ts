import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { AuthModule } from '../../auth/auth.module.js';
import { RateLimitModule } from '../../rate-limit/rate-limit.module.js';
import { UsersModule } from '../../users/users.module.js';
import { AccountExport } from './account-export.js';
import { AccountImport } from './account-import.js';
import { AccountPreparation } from './account-preparation.js';
import { ImportCheck } from './import-check.js';
import { ImportedAccounts } from './imported-accounts.js';
import { ImportedFactors } from './imported-factors.js';
import { TransferredPasskeys } from './transferred-passkeys.js';
import { AccountTransferRepository } from './account-transfer.repository.js';

/** Accounts that come from other systems, or go to them. */
@Module({
  imports: [AuditModule, RateLimitModule, UsersModule, AuthModule],
  providers: [
    AccountExport,
    AccountImport,
    AccountPreparation,
    ImportCheck,
    ImportedAccounts,
    ImportedFactors,
    AccountTransferRepository,
    TransferredPasskeys,
  ],
  exports: [AccountExport, AccountImport],
})
export class ImportExportModule {}
