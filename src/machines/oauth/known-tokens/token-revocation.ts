import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../audit/audit.service.js';
import { callerIdOf, type MachinePrincipal, recordedCaller } from '../../../platform/access/principal.js';
import type { Scope } from '../../../platform/access/scope.decorator.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { Problem } from '../../../platform/errors/problem.js';
import type { Origin } from '../../../platform/http/origin.js';
import type { EndableToken } from './known-token.js';
import { KnownTokens } from './known-tokens.js';
import { OAuthErrors } from '../oauth.errors.js';
import { TokenEnding } from './token-ending.js';

/** What a client needs to revoke tokens of others. */
const REVOKE_SCOPE = 'tokens:revoke' satisfies Scope;

/** Revokes tokens at the request of clients (RFC 7009). */
@Injectable()
export class TokenRevocation {
  constructor(
    private readonly tokens: KnownTokens,
    private readonly ending: TokenEnding,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Returns once the token is not accepted any more and never will be, or if it never was. Throws `unauthorized_client` for
   * a token of somebody else without the scope, `unsupported_token_type` for one that cannot be ended, and
   * `dependency_unavailable`.
   */
  async revoke(caller: MachinePrincipal, token: string, origin: Origin): Promise<void> {
    const found = await this.tokens.findEndable(token);
    if (!found) return;
    const isOwn = belongsTo(caller, found);
    if (!isOwn && !caller.scopes.includes(REVOKE_SCOPE)) throw this.refusal(caller, origin);
    // The key in the event is the one that ends, and not the caller's.
    const { usedKey: _, ...rest } = origin;
    const acting = { ...rest, actor: { actorId: callerIdOf(caller) } };
    const hasEnded = await this.transactions.run((tx) =>
      this.ending.end(tx, found, isOwn ? 'owner' : 'administrator', acting),
    );
    if (!hasEnded) throw new Problem(OAuthErrors.unsupported_token_type);
  }

  private refusal(caller: MachinePrincipal, origin: Origin): Problem {
    this.audit.recordRefusal({
      type: 'authz_fail',
      outcome: 'failure',
      reason: OAuthErrors.unauthorized_client.code,
      ...recordedCaller(caller),
      origin,
      details: { required: [REVOKE_SCOPE] },
    });
    return new Problem(OAuthErrors.unauthorized_client);
  }
}

/** A service account may end all that was issued to it; a person's key only itself, as no key changes its owner's credentials. */
const belongsTo = (caller: MachinePrincipal, { owner, keyId }: EndableToken) =>
  caller.kind === 'service-account' ? owner.id === caller.serviceAccountId : keyId === caller.keyId;
