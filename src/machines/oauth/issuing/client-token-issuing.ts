import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../audit/audit.service.js';
import { type MachinePrincipal, recordedCaller } from '../../../platform/access/principal.js';
import { Clock } from '../../../platform/clock/clock.js';
import { type Transaction, TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { Problem } from '../../../platform/errors/problem.js';
import type { Origin } from '../../../platform/http/origin.js';
import type { ClientTokenClaims } from '../../../sessions/tokens/client-token-claims.js';
import { ServiceAccountsRepository } from '../../accounts/service-accounts.repository.js';
import { ApiKeysRepository } from '../../keys/api-keys.repository.js';
import { MAX_SCOPES, SCOPE_PATTERN } from '../../keys/scopes.js';
import { ClientTokenMint } from './client-token-mint.js';
import { OAuthErrors } from '../oauth.errors.js';
import { requestedScopes } from './requested-scope.js';

/** An access token of a service account. */
export interface IssuedClientToken {
  readonly token: string;
  /** Seconds until it expires. */
  readonly expiresIn: number;
  readonly scopes: readonly string[];
}

type Client = Extract<MachinePrincipal, { kind: 'service-account' }>;

/** Gives service accounts access tokens for their keys. */
@Injectable()
export class ClientTokenIssuing {
  constructor(
    private readonly accounts: ServiceAccountsRepository,
    private readonly keys: ApiKeysRepository,
    private readonly mint: ClientTokenMint,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /**
   * Account and key are read anew under a lock: a token that claims what has just been taken away would be accepted by offline
   * verifiers, if it were issued later. Throws `invalid_client` or `invalid_scope`.
   */
  async issue(client: Client, requested: string | undefined, origin: Origin): Promise<IssuedClientToken> {
    const { claims, scopes, expiresIn } = await this.transactions.run(async (tx) => {
      const prepared = await this.prepare(tx, client, requested, origin);
      await this.audit.record(tx, {
        type: 'authn_token_created',
        outcome: 'success',
        origin,
        details: { tokenId: prepared.claims.jti, scopes: prepared.scopes },
      });
      return prepared;
    });
    return { token: await this.mint.sign(claims), expiresIn, scopes };
  }

  private async prepare(
    tx: Transaction,
    client: Client,
    requested: string | undefined,
    origin: Origin,
  ): Promise<{ claims: ClientTokenClaims; scopes: string[]; expiresIn: number }> {
    const { serviceAccountId, keyId } = client;
    const account = await this.accounts.share(tx, serviceAccountId);
    const owner = { kind: 'service-account', id: serviceAccountId } as const;
    const issuing = await this.keys.findIssuing(tx, owner, keyId, this.clock.now());
    if (!issuing || !account || account.disabledAt) throw new Problem(OAuthErrors.invalid_client);
    const { key, time } = issuing;
    const has = key.scopes.filter((scope) => account.scopes.includes(scope));
    const wanted = requestedScopes(requested, has);
    const lacking = wanted.filter((scope) => !has.includes(scope));
    if (wanted.length === 0 || lacking.length > 0) throw this.refusal(client, lacking, origin);
    const scopes = has.filter((scope) => wanted.includes(scope));
    const claims = this.mint.claims(serviceAccountId, issuing, scopes);
    const expiresIn = claims.exp - Math.floor(time.getTime() / 1000);
    if (expiresIn <= 0) throw new Problem(OAuthErrors.invalid_client);
    return { claims, scopes, expiresIn };
  }

  private refusal(client: Client, lacking: readonly string[], origin: Origin): Problem {
    // A client may send anything, even its key, as the name of a scope.
    const required = lacking.filter((scope) => SCOPE_PATTERN.test(scope)).slice(0, MAX_SCOPES);
    this.audit.recordRefusal({
      type: 'authz_fail',
      outcome: 'failure',
      reason: OAuthErrors.invalid_scope.code,
      ...recordedCaller(client),
      origin,
      details: { required },
    });
    return new Problem(OAuthErrors.invalid_scope);
  }
}
