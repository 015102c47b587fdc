import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import type { User } from '../../users/user.entity.js';
import type { SpentSecret } from '../account-secrets.js';
import type { EmailLinkFlow, ProofOfEmail } from './email-link-flow.js';
import { EmailChangeUndos } from './email-change-undos.js';
import { EmailMoves } from './email-moves.js';

/** The payload of a link that changes an address. */
export interface PendingChange {
  /** The new address, in the form returned by `canonicalEmail`. */
  readonly email: string;
  /** When the change was requested, milliseconds since the Unix epoch. */
  readonly askedAtMs: number;
}

/**
 * Completes changes of address. The account does not change before the new address is verified (better-auth#7196). A change back
 * to an address that the account left within the time for an undo counts as one: the address in between may be an intruder's,
 * who must not be able to undo the owner's way back.
 */
@Injectable()
export class EmailChanges implements EmailLinkFlow {
  readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly moves: EmailMoves,
    private readonly undos: EmailChangeUndos,
    private readonly secrets: SingleUseSecrets,
    private readonly audit: AuditService,
  ) {
    this.purpose = purposes.register('email_change');
  }

  async complete(tx: Transaction, spent: SpentSecret, proof: ProofOfEmail): Promise<User> {
    const { user, secret } = spent;
    const { email, askedAtMs } = secret.payload as unknown as PendingChange;
    const former = { email: user.email, emailVerified: user.emailVerified };
    const changed = await this.moves.move(tx, user, email, proof);
    await this.secrets.revokeOutdated(tx, user.id);
    const { by, session, origin } = proof;
    const event = {
      outcome: 'success' as const,
      userId: user.id,
      sessionId: session?.sessionId ?? null,
      origin,
    };
    await this.audit.record(tx, { type: 'user_email_changed', ...event, details: { by } });
    if (await this.undos.takeBack(tx, changed)) await this.undos.tellLeft(tx, changed, former.email);
    else await this.undos.offer(tx, changed, { ...former, askedAtMs }, origin);
    return changed;
  }
}
