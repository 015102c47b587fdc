import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { SecretDependants } from '../crypto/secret-dependants.js';
import { SecretsRepository } from './secrets.repository.js';

/** Single-use secrets depend on the master secret until they expire: their tokens are known only to their owners. */
@Injectable()
export class SecretsDependence implements OnModuleInit {
  constructor(
    private readonly secrets: SecretsRepository,
    private readonly dependants: SecretDependants,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.dependants.register({
      variable: 'JWT_SECRET_KEY',
      kind: 'single-use-secrets',
      count: ({ keyId }) => this.secrets.countMadeWith(keyId, this.clock.now()),
      forget: (tx, { keyId }) => this.secrets.deleteMadeWith(tx, keyId),
    });
  }
}
