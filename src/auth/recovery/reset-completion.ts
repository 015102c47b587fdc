import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { AccessChanges } from '../../sessions/revocation/access-changes.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { PasswordChange } from '../credentials/passwords/password-change.js';
import { ResetLinks } from './reset-links.js';

/** What a reset does beside the new password, in one transaction with it. */
@Injectable()
export class ResetCompletion {
  constructor(
    private readonly links: ResetLinks,
    private readonly passwords: PasswordChange,
    private readonly secrets: SingleUseSecrets,
    private readonly users: UsersService,
    private readonly audit: AuditService,
    private readonly access: AccessChanges,
  ) {}

  /**
   * Spends the link and gives its account the password that is hashed already. The account as it is afterwards; null
   * where the link is not valid or the account is disabled, and the caller must roll back.
   */
  async complete(tx: Transaction, token: string, hash: string, origin: Origin): Promise<User | null> {
    const spent = await this.links.spend(tx, token);
    if (!spent || spent.user.disabledAt !== null) return null;
    const { user } = spent;
    await this.passwords.replace(tx, user, { hash, by: 'reset' }, origin);
    return user.emailVerified ? user : this.claim(tx, user, origin);
  }

  /**
   * Whoever opened the account may not have been the owner of its address. The link proves who is, and nothing that was
   * set up before may give access any more (better-auth #10239): of secrets, not even those that outlive a new password.
   */
  private async claim(tx: Transaction, user: User, origin: Origin): Promise<User> {
    await this.secrets.revokeAll(tx, user.id);
    await this.access.voided(tx, user.id, null, origin);
    const event = { outcome: 'success' as const, userId: user.id, origin, details: { by: 'reset' as const } };
    await this.audit.record(tx, { type: 'user_email_verified', ...event });
    return this.users.proveEmail(tx, user);
  }
}
