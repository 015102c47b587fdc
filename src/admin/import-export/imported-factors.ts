import { Injectable } from '@nestjs/common';
import { RecoveryCodesRepository } from '../../auth/credentials/factors/recovery-codes/recovery-codes.repository.js';
import { TotpFactorsRepository } from '../../auth/credentials/factors/totp/totp-factors.repository.js';
import { TotpSecrets } from '../../auth/credentials/factors/totp/totp-secrets.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { SecretKeysRepository } from '../../platform/secret-keys/secret-keys.repository.js';
import { unpadded } from './totp-secret.decorator.js';
import { TransferredPasskeys } from './transferred-passkeys.js';
import type { PreparedAccount } from './prepared-account.js';
import { statementParts } from './statement-parts.js';

/** Stands for the session that enrolled an imported app. */
const NO_SESSION = '00000000-0000-0000-0000-000000000000';

/** The name of an imported app, which its owner can change. */
const APP_NAME = 'Authenticator app';

/** Writes the factors of imported accounts, and records on which secrets imported digests and hashes depend. */
@Injectable()
export class ImportedFactors {
  constructor(
    private readonly apps: TotpFactorsRepository,
    private readonly appSecrets: TotpSecrets,
    private readonly codes: RecoveryCodesRepository,
    private readonly passkeys: TransferredPasskeys,
    private readonly secretsInUse: SecretKeysRepository,
    private readonly clock: Clock,
  ) {}

  async insert(tx: Transaction, accounts: readonly PreparedAccount[]): Promise<void> {
    const now = this.clock.now();
    const apps = accounts.flatMap(({ user, row: { account } }) =>
      (account.totpSecret ?? []).map((secret) => {
        const app = { userId: user.id, sessionId: NO_SESSION, name: APP_NAME, secret: unpadded(secret) };
        return Object.assign(this.appSecrets.newFactor(app), { confirmedAt: now });
      }),
    );
    await this.apps.insertAll(tx, apps);
    await this.passkeys.insert(tx, accounts);
    const codes = accounts.flatMap(({ user, row: { recoveryCodes } }) =>
      recoveryCodes.map(({ keyId, digest }) => ({
        userId: user.id,
        digest: Buffer.from(digest, 'hex'),
        keyId,
        createdAt: now,
        usedAt: null,
      })),
    );
    for (const part of statementParts(codes)) await this.codes.insertAll(tx, part);
    const peppers = accounts.flatMap(({ password }) => password?.pepperId ?? []);
    for (const id of new Set(peppers)) await this.secretsInUse.depend(tx, 'PASSWORD_PEPPER', id);
    for (const id of new Set(codes.map(({ keyId }) => keyId)))
      await this.secretsInUse.depend(tx, 'JWT_SECRET_KEY', id);
  }
}
