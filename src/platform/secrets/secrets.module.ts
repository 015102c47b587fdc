import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SecretPurposes } from './secret-purposes.js';
import { SecretSeal } from './secret-seal.js';
import { SingleUseSecret } from './secret.entity.js';
import { SecretTimesRepository } from './secret-times.repository.js';
import { SecretsDependence } from './secrets-dependence.js';
import { SecretsPurge } from './secrets-purge.js';
import { SecretsRepository } from './secrets.repository.js';
import { SingleUseSecrets } from './single-use-secrets.js';

/** Single-use secrets of every purpose. Imported by modules that issue or spend secrets. */
@Module({
  imports: [TypeOrmModule.forFeature([SingleUseSecret])],
  providers: [
    SecretPurposes,
    SecretSeal,
    SecretTimesRepository,
    SecretsDependence,
    SecretsPurge,
    SecretsRepository,
    SingleUseSecrets,
  ],
  exports: [SecretPurposes, SecretTimesRepository, SingleUseSecrets],
})
export class SecretsModule {}
