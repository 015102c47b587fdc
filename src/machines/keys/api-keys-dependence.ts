import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { SecretDependants } from '../../platform/crypto/secret-dependants.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { KeyRevocation } from './key-revocation.js';

/**
 * API keys depend on the master secret of their digests until they are used again or expire: the keys themselves are known
 * only to their owners.
 */
@Injectable()
export class ApiKeysDependence implements OnModuleInit {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly revocation: KeyRevocation,
    private readonly dependants: SecretDependants,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.dependants.register({
      variable: 'JWT_SECRET_KEY',
      kind: 'api-keys',
      count: ({ keyId }) => this.keys.countMadeWith(keyId, this.clock.now()),
      forget: (tx, { keyId }) => this.revocation.endMadeWith(tx, keyId),
    });
  }
}
