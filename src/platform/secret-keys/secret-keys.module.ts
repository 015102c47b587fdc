import { Global, Module } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { Peppers } from '../crypto/master-key.js';
import { AnnouncementTransactions } from './announcement-transactions.js';
import { Dependants } from './dependants.js';
import { KnownSecrets } from './known-secrets.js';
import { NamingKeys } from './naming-keys.js';
import { SealedColumnsRepository } from './sealed-columns.repository.js';
import { SecretAnnouncer } from './secret-announcer.js';
import { SecretKeysRepository } from './secret-keys.repository.js';
import { SecretReport } from './secret-report.js';
import { SecretRewriting } from './secret-rewriting.js';

/** Lets the master secret and the pepper be changed without an interruption. */
@Global()
@Module({
  providers: [
    {
      provide: Peppers,
      inject: [Environment],
      useFactory: ({ PASSWORD_PEPPER, PASSWORD_PEPPER_PREVIOUS }: Environment) =>
        new Peppers(PASSWORD_PEPPER, PASSWORD_PEPPER_PREVIOUS),
    },
    AnnouncementTransactions,
    KnownSecrets,
    NamingKeys,
    SealedColumnsRepository,
    SecretAnnouncer,
    Dependants,
    SecretKeysRepository,
    SecretReport,
    SecretRewriting,
  ],
  exports: [Peppers, SecretKeysRepository, SecretReport],
})
export class SecretKeysModule {}
