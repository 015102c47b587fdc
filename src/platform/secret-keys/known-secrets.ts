import { Injectable } from '@nestjs/common';
import { MasterKey, Peppers } from '../crypto/master-key.js';
import type { SecretVariable } from '../crypto/secret-dependants.js';
import type { SecretVersions } from '../crypto/secret-versions.js';

/** The values of each secret that this instance knows. */
@Injectable()
export class KnownSecrets {
  readonly of: Readonly<Record<SecretVariable, SecretVersions>>;

  constructor(masterKey: MasterKey, peppers: Peppers) {
    this.of = { JWT_SECRET_KEY: masterKey, PASSWORD_PEPPER: peppers };
  }
}
