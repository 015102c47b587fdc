import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Randomness } from '../crypto/randomness.js';
import { UuidV7 } from '../crypto/uuid.js';
import type { Transaction } from '../database/transaction-runner.js';
import { randomCode } from './secret-code.js';
import type { RegisteredPurpose, SecretPurpose } from './secret-purposes.js';
import { type SecretPayload, SecretSeal } from './secret-seal.js';
import type { SingleUseSecret } from './secret.entity.js';
import { SecretsRepository, type SpendConditions } from './secrets.repository.js';

/** 256 bits, written in base64url. */
const TOKEN_BYTES = 32;

/** How often a code, or a code from elsewhere that proves a challenge, is looked at for one secret. */
const MAX_ATTEMPTS = 5;

/** What a secret is made for, and what it is bound to. */
export interface NewSecret {
  readonly purpose: RegisteredPurpose;
  /** Id of the account; null where none is known yet. */
  readonly subject: string | null;
  /** Keyed digest of the address that the secret is sent to; null where it is not sent. */
  readonly emailDigest: string | null;
  /** State of the account's credentials; null for a secret that later changes must not end. */
  readonly fingerprint: string | null;
  /**
   * Session or client that alone may spend the secret; null where any may. Of a secret with a code it binds the code:
   * a link is opened wherever the mail is read.
   */
  readonly context: string | null;
  readonly payload: SecretPayload | null;
  readonly lifetimeMs: number;
  /** Whether it takes the place of the unused one of the same purpose and subject; the same for all of a purpose. */
  readonly replaces: boolean;
  /** Asks for a code beside the token. Either of them spends the secret. */
  readonly code?: { readonly lifetimeMs: number };
}

/** A secret as it is sent: known here only while it is on its way. */
export interface IssuedSecret {
  readonly id: string;
  readonly token: string;
  /** Eight characters; null where none was asked for. */
  readonly code: string | null;
  readonly expiresAt: Date;
}

/** The account as it is now, to be compared with what the secret was bound to. */
export interface CredentialState {
  readonly fingerprint: string;
  /** Keyed digest of the account's address; null for secrets that are sent to another address. */
  readonly emailDigest: string | null;
}

/**
 * Reads the account in the spending transaction, under a lock that keeps its credentials as they are until the
 * commit. It is called with null for an unknown token, and must then take the same steps.
 */
export type ReadState = (tx: Transaction, subject: string | null) => Promise<CredentialState | null>;

/** How a token is spent. */
export interface TokenUse {
  readonly purpose: RegisteredPurpose;
  readonly token: string;
  readonly context: string | null;
  /** Without it, only secrets that are not bound to a state can be spent. */
  readonly state?: ReadState;
}

/** The subject and the context of an attempt at a code. */
export interface CodeUse {
  readonly purpose: RegisteredPurpose;
  readonly subject: string;
  readonly context: string | null;
}

/** A counted attempt: the secrets whose code may be looked at once. */
export interface CodeAttempt extends CodeUse {
  readonly ids: readonly string[];
}

/** The contents of a valid secret. */
export interface ValidSecret {
  readonly id: string;
  readonly subject: string | null;
  readonly emailDigest: string | null;
  readonly context: string | null;
  readonly payload: SecretPayload | null;
}

/**
 * Issues and spends single-use secrets of every purpose. Wrong, used, replaced, expired and foreign secrets give the
 * same result, null, by the same statements. Expiry is judged by the service's clock.
 */
@Injectable()
export class SingleUseSecrets {
  private readonly logger = new Logger(SingleUseSecrets.name);

  constructor(
    private readonly repository: SecretsRepository,
    private readonly seal: SecretSeal,
    private readonly clock: Clock,
    private readonly ids: UuidV7,
    private readonly randomness: Randomness,
  ) {}

  /** Throws when a code or a replacement is asked for without a subject. */
  async issue(tx: Transaction, wanted: NewSecret): Promise<IssuedSecret> {
    const { purpose, subject, payload, code: codeRules } = wanted;
    const token = this.randomness.bytes(TOKEN_BYTES).toString('base64url');
    const code = codeRules ? randomCode(this.randomness) : null;
    if (subject === null && (code !== null || wanted.replaces))
      throw new Error('A secret with a code, or one that replaces another, needs a subject.');
    const createdAt = this.clock.now();
    const expiresAt = new Date(createdAt.getTime() + wanted.lifetimeMs);
    const columns = {
      id: this.ids.next(),
      purpose,
      subject,
      digest: this.seal.tokenDigest(purpose, token),
      codeDigest: code === null ? null : this.seal.codeDigest(purpose, subject!, code),
      codeExpiresAt: codeRules ? new Date(createdAt.getTime() + codeRules.lifetimeMs) : null,
      emailDigest: wanted.emailDigest,
      fingerprint: wanted.fingerprint,
      context: wanted.context,
      expiresAt,
    };
    const sealedPayload = this.seal.seal(payload, columns);
    await this.repository.insert(tx, { ...columns, sealedPayload, replaceable: wanted.replaces, createdAt });
    return { id: columns.id, token, code, expiresAt };
  }

  /**
   * Returns the current or former owner of a token, for work that must precede the transaction that spends it, such as a password hash.
   * Nothing may be decided by the result.
   */
  async subjectOf(purpose: RegisteredPurpose, token: string): Promise<string | null> {
    return this.repository.subjectOf(purpose, this.seal.tokenDigest(purpose, token));
  }

  /** Spends a token; when the transaction rolls back, the token stays valid. */
  async spend(tx: Transaction, use: TokenUse): Promise<ValidSecret | null> {
    const digest = this.seal.tokenDigest(use.purpose, use.token);
    const subject = await this.repository.subjectOf(use.purpose, digest, tx);
    const state = (await use.state?.(tx, subject)) ?? null;
    return this.opened(await this.repository.spend(tx, digest, this.conditions(use, state)));
  }

  /**
   * Counts an attempt at a challenge before what proves it is looked at, and commits that; null when the challenge is
   * dead or has no attempts left. The proof is followed by {@link spend}.
   */
  async attempt({ purpose, token, context }: Omit<TokenUse, 'state'>): Promise<ValidSecret | null> {
    const digest = this.seal.tokenDigest(purpose, token);
    return this.opened(
      await this.repository.countAttempt(purpose, digest, context, MAX_ATTEMPTS, this.clock.now()),
    );
  }

  /** Counts an attempt at the codes of a subject, and commits that; {@link spendCode} then looks at the code. */
  async attemptCode(use: CodeUse): Promise<CodeAttempt> {
    const { purpose, subject, context } = use;
    const now = this.clock.now();
    const ids = await this.repository.countCodeAttempt(purpose, subject, context, MAX_ATTEMPTS, now);
    return { ...use, ids };
  }

  /** Spends the secret whose code was typed, in any spelling. */
  async spendCode(
    tx: Transaction,
    attempt: CodeAttempt,
    code: string,
    state?: ReadState,
  ): Promise<ValidSecret | null> {
    const { purpose, subject, ids } = attempt;
    const current = (await state?.(tx, subject)) ?? null;
    const digest = this.seal.codeDigest(purpose, subject, code);
    return this.opened(await this.repository.spendCode(tx, digest, ids, this.conditions(attempt, current)));
  }

  /**
   * Removes a subject's secrets of the given purposes, or all of them; returns how many. Secrets that other
   * transactions are issuing are not seen, so callers lock the account first, as issuers do.
   */
  async revokeAll(tx: Transaction, subject: string, purposes?: readonly SecretPurpose[]): Promise<number> {
    return this.repository.revokeAll(tx, subject, purposes ?? null);
  }

  /** The subjects with an unspent secret of this purpose that was sent to an address. */
  async subjectsByEmail(tx: Transaction, purpose: RegisteredPurpose, emailDigest: string): Promise<string[]> {
    return this.repository.subjectsByEmail(tx, purpose, emailDigest, this.clock.now());
  }

  /**
   * Removes what a spent secret overrides: its subject's secrets of every other purpose, and the younger ones of its own.
   * Callers lock the account first, as for {@link revokeAll}.
   */
  async revokeSuperseded(tx: Transaction, subject: string, { id }: Pick<ValidSecret, 'id'>): Promise<void> {
    await this.repository.revokeSuperseded(tx, subject, id);
  }

  /**
   * Removes a subject's secrets that were bound to a state of its credentials, when that state has changed: they could not
   * be spent any more, and mails that would bring them are not sent. Secrets that outlive such changes stay.
   */
  async revokeOutdated(tx: Transaction, subject: string): Promise<void> {
    await this.repository.revokeBound(tx, subject);
  }

  /** Whether a secret could still be spent, as far as its own row tells. */
  async isLive(id: string): Promise<boolean> {
    return this.repository.isLive(id, this.clock.now());
  }

  private conditions(
    { purpose, context }: Pick<TokenUse, 'purpose' | 'context'>,
    state: CredentialState | null,
  ): SpendConditions {
    return {
      purpose,
      context,
      fingerprint: state?.fingerprint ?? null,
      emailDigest: state?.emailDigest ?? null,
      now: this.clock.now(),
    };
  }

  /** A row that was not written with the master secret counts for nothing; it is used up, and logged. */
  private opened(row: SingleUseSecret | null): ValidSecret | null {
    if (!row) return null;
    try {
      const payload = this.seal.unseal(row.sealedPayload, row);
      const { id, subject, emailDigest, context } = row;
      return { id, subject, emailDigest, context, payload };
    } catch {
      this.logger.error({ id: row.id, purpose: row.purpose }, 'Rejected a secret whose row has been altered');
      return null;
    }
  }
}
