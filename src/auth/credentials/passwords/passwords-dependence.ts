import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SecretDependants } from '../../../platform/crypto/secret-dependants.js';
import { PasswordCredentialsRepository } from './password-credentials.repository.js';

/** Passwords depend on the pepper of their hash until their owners sign in. Without the pepper there is no password. */
@Injectable()
export class PasswordsDependence implements OnModuleInit {
  constructor(
    private readonly credentials: PasswordCredentialsRepository,
    private readonly dependants: SecretDependants,
  ) {}

  onModuleInit(): void {
    this.dependants.register({
      variable: 'PASSWORD_PEPPER',
      kind: 'passwords',
      count: ({ keyId }) => this.credentials.countMadeWith(keyId),
      forget: (tx, { keyId }) => this.credentials.deleteMadeWith(tx, keyId),
    });
  }
}
