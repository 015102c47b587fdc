import { Global, Module } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { MasterKey } from './master-key.js';
import { Randomness, SystemRandomness } from './randomness.js';
import { FieldEncryption } from './field-encryption.js';
import { SecretDependants } from './secret-dependants.js';
import { UsableSecrets } from './usable-secrets.js';
import { UuidV7 } from './uuid.js';

/** Provides randomness, ids and the keys derived from the master secret, each created once per process. */
@Global()
@Module({
  providers: [
    { provide: Randomness, useClass: SystemRandomness },
    {
      provide: MasterKey,
      inject: [Environment],
      useFactory: ({ JWT_SECRET_KEY, JWT_SECRET_KEY_PREVIOUS }: Environment) =>
        new MasterKey(JWT_SECRET_KEY, JWT_SECRET_KEY_PREVIOUS),
    },
    FieldEncryption,
    SecretDependants,
    UsableSecrets,
    UuidV7,
  ],
  exports: [Randomness, MasterKey, FieldEncryption, SecretDependants, UsableSecrets, UuidV7],
})
export class CryptoModule {}
