import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { type RegisteredPurpose, SecretPurposes } from '../../platform/secrets/secret-purposes.js';
import type { TokenUse } from '../../platform/secrets/secret-use.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { userAgentDigest } from '../../sessions/refresh/client-fingerprint.js';
import type { TokenTransport } from '../../sessions/tokens/token-transport.js';
import { credentialFingerprintOf } from '../../users/credential-fingerprint.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { AuthErrors } from '../auth.errors.js';
import { type FactorMethod, FactorMethods } from '../credentials/factors/factor-methods.js';

const LIFETIME_MS = 5 * 60_000;

/** What the second half of a login takes from the first. */
export interface PendingLogin {
  readonly tokenTransport: TokenTransport;
  readonly deviceId: string | null;
  readonly isKnownDevice: boolean;
}

/** What a client needs for the second half of a login. */
export interface FactorChallenge {
  readonly token: string;
  /** The methods that the account has, the usual one first. */
  readonly methods: readonly FactorMethod[];
  /** ISO 8601. */
  readonly expiresAt: string;
}

/**
 * Holds logins between the password and the second factor, each under a challenge. This is a token, which is bound to the user
 * agent and to the credentials of the account, and lives for five minutes and five attempts. A newer challenge does not replace
 * an older one; otherwise, whoever knows the password could end the owner's login.
 */
@Injectable()
export class PendingLogins {
  private readonly purpose: RegisteredPurpose;

  constructor(
    purposes: SecretPurposes,
    private readonly secrets: SingleUseSecrets,
    private readonly users: UsersService,
    private readonly methods: FactorMethods,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {
    this.purpose = purposes.register('factor_challenge');
  }

  /** Returns a challenge for an account that the caller has locked and that has a factor. */
  async hold(tx: Transaction, user: User, held: PendingLogin, origin: Origin): Promise<FactorChallenge> {
    const methods = await this.methods.ofLogin(tx, user.id);
    const { token, expiresAt } = await this.secrets.issue(tx, {
      purpose: this.purpose,
      subject: user.id,
      emailDigest: null,
      fingerprint: credentialFingerprintOf(user),
      context: clientOf(origin),
      payload: { ...held },
      lifetimeMs: LIFETIME_MS,
      replaces: false,
    });
    await this.record(tx, user, methods, origin);
    return { token, methods, expiresAt: expiresAt.toISOString() };
  }

  /** Returns the account that a challenge is or was for; null if it is unknown or disabled. Decides nothing else. */
  async ownerOf(token: string): Promise<User | null> {
    const userId = await this.secrets.subjectOf(this.purpose, token);
    const user = userId === null ? null : await this.users.findById(userId);
    return user?.disabledAt === null ? user : null;
  }

  /** Returns the account of a challenge that is valid now; counts no attempt. Throws `invalid_challenge`. */
  async accountOf(token: string, origin: Origin): Promise<string> {
    const found = await this.transactions.run((tx) => this.secrets.find(tx, this.useOf(token, origin)));
    if (found?.subject == null) throw new Problem(AuthErrors.invalid_challenge);
    return found.subject;
  }

  /** Counts an attempt and commits it, before the factor is checked. Throws `invalid_challenge`. */
  async attempt(token: string, origin: Origin): Promise<PendingLogin> {
    const found = await this.secrets.attempt({ purpose: this.purpose, token, context: clientOf(origin) });
    if (!found) throw new Problem(AuthErrors.invalid_challenge);
    return found.payload as unknown as PendingLogin;
  }

  /** Uses the challenge up in the transaction of the session. Throws `invalid_challenge`. */
  async spend(tx: Transaction, token: string, origin: Origin): Promise<void> {
    if (!(await this.secrets.spend(tx, this.useOf(token, origin))))
      throw new Problem(AuthErrors.invalid_challenge);
  }

  private useOf(token: string, origin: Origin): TokenUse {
    return {
      purpose: this.purpose,
      token,
      context: clientOf(origin),
      state: async (tx, subject) => {
        const user = subject === null ? null : await this.users.lock(tx, subject);
        return user && { fingerprint: credentialFingerprintOf(user), emailDigest: null };
      },
    };
  }

  private async record(tx: Transaction, user: User, methods: string[], origin: Origin): Promise<void> {
    await this.audit.record(tx, {
      type: 'authn_factor_required',
      outcome: 'success',
      userId: user.id,
      origin,
      details: { account: this.audit.emailDigest(user.email), methods },
    });
  }
}

/** "This client" is the same user agent; the network of a phone changes. */
export const clientOf = (origin: Origin) => userAgentDigest(origin).toString('base64url');
