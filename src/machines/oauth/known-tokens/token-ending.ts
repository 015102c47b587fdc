import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../audit/audit.service.js';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import type { Origin } from '../../../platform/http/origin.js';
import { SessionRevocation } from '../../../sessions/revocation/session-revocation.js';
import { UsersService } from '../../../users/users.service.js';
import { ServiceAccountsRepository } from '../../accounts/service-accounts.repository.js';
import { AffectedKeys } from '../../keys/affected-keys.js';
import { eventAbout, type KeyOwner } from '../../keys/key-owner.js';
import { KeyRevocation } from '../../keys/key-revocation.js';
import type { EndableToken } from './known-token.js';

/** Who asks for the end of a token: the one to whom it was issued, or somebody who may end those of others. */
export type Revoker = 'owner' | 'administrator';

/** Ends tokens, on every instance and for offline verifiers. */
@Injectable()
export class TokenEnding {
  constructor(
    private readonly accounts: ServiceAccountsRepository,
    private readonly users: UsersService,
    private readonly keys: KeyRevocation,
    private readonly affected: AffectedKeys,
    private readonly sessions: SessionRevocation,
    private readonly audit: AuditService,
  ) {}

  /**
   * Ends what the token stands for: a key, the session of a person's token, or, for an access token of a service account, all
   * those issued for the same key until then, because the list of revocations names a key and a time. `by` says who
   * asked for it. Returns false for an assertion, which cannot be revoked.
   */
  async end(tx: Transaction, token: EndableToken, by: Revoker, origin: Origin): Promise<boolean> {
    const { kind, owner, sessionId, keyId } = token;
    if (kind === 'assertion') return false;
    await this.lock(tx, owner);
    if (sessionId !== null) {
      const why = { reason: 'ended_by_administrator', by: null, origin } as const;
      await this.sessions.endSome(tx, { id: sessionId, userId: owner.id }, why);
    } else if (kind === 'key') {
      const reason = by === 'owner' ? 'revoked_by_owner' : 'revoked_by_administrator';
      await this.keys.end(tx, owner, { id: keyId! }, reason, origin);
    } else await this.voidTokens(tx, token, origin);
    return true;
  }

  private async voidTokens(
    tx: Transaction,
    { owner, keyId, tokenId, issuedAt }: EndableToken,
    origin: Origin,
  ): Promise<void> {
    if (!(await this.affected.reduce(tx, owner, [keyId!], issuedAt))) return;
    const { userId, details } = eventAbout(owner, keyId!);
    await this.audit.record(tx, {
      type: 'authn_token_revoked',
      outcome: 'success',
      userId,
      origin,
      details: { ...details, tokenId: tokenId! },
    });
  }

  private async lock(tx: Transaction, { kind, id }: KeyOwner): Promise<void> {
    if (kind === 'user') await this.users.lock(tx, id);
    else await this.accounts.lock(tx, id);
  }
}
