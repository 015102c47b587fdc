import { Global, Module } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { MasterKey } from './master-key.js';
import { Randomness, SystemRandomness } from './randomness.js';
import { Sealing } from './sealing.js';
import { UuidV7 } from './uuid.js';

/** Gives every module randomness, ids and the keys that come of the master secret, each made once in a process. */
@Global()
@Module({
  providers: [
    { provide: Randomness, useClass: SystemRandomness },
    {
      provide: MasterKey,
      inject: [Environment],
      useFactory: (environment: Environment) => new MasterKey(environment.JWT_SECRET_KEY),
    },
    Sealing,
    UuidV7,
  ],
  exports: [Randomness, MasterKey, Sealing, UuidV7],
})
export class CryptoModule {}
