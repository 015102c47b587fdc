import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SecretDependants } from '../../../../platform/crypto/secret-dependants.js';
import { RecoveryCodesRepository } from './recovery-codes.repository.js';

/** Unused recovery codes depend on the master secret of their digests: the codes are known only to their owners. */
@Injectable()
export class RecoveryCodesDependence implements OnModuleInit {
  constructor(
    private readonly codes: RecoveryCodesRepository,
    private readonly dependants: SecretDependants,
  ) {}

  onModuleInit(): void {
    this.dependants.register({
      variable: 'JWT_SECRET_KEY',
      kind: 'recovery-codes',
      count: ({ keyId }) => this.codes.countMadeWith(keyId),
      forget: (tx, { keyId }) => this.codes.deleteMadeWith(tx, keyId),
    });
  }
}
