import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { PasswordCredentials } from '../credentials/passwords/password-credentials.js';
import { ResetLinks } from './reset-links.js';

/** Takes away passwords that somebody else knows: a thief would sign in by them again. */
@Injectable()
export class PasswordVoiding {
  constructor(
    private readonly links: ResetLinks,
    private readonly credentials: PasswordCredentials,
    private readonly secrets: SingleUseSecrets,
    private readonly users: UsersService,
  ) {}

  /** Throws `mail_unconfigured` where nobody could get a new password. */
  assertPossible(): void {
    this.links.assertPossible();
  }

  /**
   * Takes the password away from an account, which the caller has locked, with every secret that a change of it ends, and
   * mails the link to a new one to the account's address.
   */
  async voidUntilReset(tx: Transaction, { id }: User): Promise<void> {
    await this.credentials.remove(tx, id);
    await this.secrets.revokeOutdated(tx, id);
    const user = await this.users.lock(tx, id);
    if (user) await this.links.send(tx, user);
  }
}
