import { Injectable } from '@nestjs/common';
import { RecoveryCodes } from '../../auth/credentials/factors/recovery-codes/recovery-codes.js';
import { TotpCodes } from '../../auth/credentials/factors/totp/totp-codes.js';
import { TotpFactorsRepository } from '../../auth/credentials/factors/totp/totp-factors.repository.js';
import { TotpSecrets } from '../../auth/credentials/factors/totp/totp-secrets.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { User } from '../../users/user.entity.js';
import type { TestUserDto } from './test-users.dto.js';

/** No session has enrolled these apps. */
const NO_SESSION = '00000000-0000-7000-8000-000000000000';

/** Gives people of tests an authenticator app whose secret the test knows. No mail is sent. */
@Injectable()
export class TestFactors {
  constructor(
    private readonly codes: TotpCodes,
    private readonly secrets: TotpSecrets,
    private readonly factors: TotpFactorsRepository,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly clock: Clock,
  ) {}

  /** No code of the app is used up, so that a test can sign in at once. */
  async enrol(
    tx: Transaction,
    user: Pick<User, 'id' | 'lastLoginAt'>,
    origin: Origin,
  ): Promise<Pick<TestUserDto, 'totpSecret' | 'recoveryCodes'>> {
    const secret = this.codes.newSecret();
    const app = { userId: user.id, sessionId: NO_SESSION, name: 'Authenticator app', secret };
    const factor = this.secrets.newFactor(app);
    await this.factors.insert(tx, factor);
    await this.factors.confirm(tx, factor.id, 0, this.clock.now());
    const recoveryCodes = await this.recoveryCodes.issue(tx, user, null, origin);
    return { totpSecret: secret, recoveryCodes };
  }
}
