import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Randomness } from '../crypto/randomness.js';
import { UuidV7 } from '../crypto/uuid.js';
import type { Transaction } from '../database/transaction-runner.js';
import type { IssuedSecret, NewSecret } from './new-secret.js';
import { randomCode } from './secret-code.js';
import type { RegisteredPurpose, SecretPurpose } from './secret-purposes.js';
import { SecretSeal } from './secret-seal.js';
import type {
  CodeAttempt,
  CodeUse,
  CredentialState,
  ReadState,
  SecretValidity,
  TokenUse,
  ValidSecret,
} from './secret-use.js';
import type { SingleUseSecret } from './secret.entity.js';
import { type EmailSubject, SecretsRepository, type SpendConditions } from './secrets.repository.js';

/** 256 bits, encoded in base64url. */
const TOKEN_BYTES = 32;

/** How many codes, or other proofs for a challenge, are checked per secret. */
const MAX_ATTEMPTS = 5;

/**
 * Issues and spends single-use secrets of every purpose. Wrong, used, replaced, expired and foreign secrets all give
 * null, after the same statements. Expiry is checked against the service's clock.
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

  /** Issues a secret. Throws if a code or a replacement is requested without a subject. */
  async issue(tx: Transaction, wanted: NewSecret): Promise<IssuedSecret> {
    const { purpose, subject, payload, code: codeRules } = wanted;
    const token = this.randomness.bytes(TOKEN_BYTES).toString('base64url');
    const code = codeRules ? randomCode(this.randomness) : null;
    if (subject === null && (code !== null || wanted.replaces))
      throw new Error('A secret with a code, or one that replaces another, needs a subject.');
    const createdAt = wanted.issuedAt ?? this.clock.now();
    const expiresAt = new Date(createdAt.getTime() + wanted.lifetimeMs);
    const columns = {
      id: this.ids.next(),
      purpose,
      subject,
      digest: this.seal.tokenDigests(purpose, token)[0],
      codeDigest: code === null ? null : this.seal.codeDigests(purpose, subject!, code)[0],
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
   * Returns the current or former owner of a token, for work that must precede the transaction that spends it, such as
   * hashing a password. No decision may depend on the result.
   */
  async subjectOf(purpose: RegisteredPurpose, token: string): Promise<string | null> {
    return this.repository.subjectOf(purpose, this.seal.tokenDigests(purpose, token));
  }

  /**
   * Returns a secret that {@link spend} would accept now, without spending it. Counts no attempt, but does not return a
   * challenge that has none left, because {@link attempt} would refuse it.
   */
  async find(tx: Transaction, use: TokenUse): Promise<ValidSecret | null> {
    const digests = this.seal.tokenDigests(use.purpose, use.token);
    const subject = await this.repository.subjectOf(use.purpose, digests, tx);
    const state = (await use.state?.(tx, subject)) ?? null;
    return this.opened(await this.repository.find(tx, digests, this.conditions(use, state), MAX_ATTEMPTS));
  }

  /** Spends a token. If the transaction rolls back, the token stays valid. */
  async spend(tx: Transaction, use: TokenUse): Promise<ValidSecret | null> {
    const digests = this.seal.tokenDigests(use.purpose, use.token);
    const subject = await this.repository.subjectOf(use.purpose, digests, tx);
    const state = (await use.state?.(tx, subject)) ?? null;
    return this.opened(await this.repository.spend(tx, digests, this.conditions(use, state)));
  }

  /**
   * Counts an attempt at a challenge and commits it, before the proof is checked. Returns null if the challenge is no
   * longer valid or has no attempts left. If the proof is correct, the caller then calls {@link spend}.
   */
  async attempt({ purpose, token, context }: Omit<TokenUse, 'state'>): Promise<ValidSecret | null> {
    const digests = this.seal.tokenDigests(purpose, token);
    return this.opened(
      await this.repository.countAttempt(purpose, digests, context, MAX_ATTEMPTS, this.clock.now()),
    );
  }

  /** Counts an attempt at the codes of a subject and commits it. {@link spendCode} then checks the code. */
  async attemptCode(use: CodeUse): Promise<CodeAttempt> {
    const { purpose, subject, context } = use;
    const now = this.clock.now();
    const ids = await this.repository.countCodeAttempt(purpose, subject, context, MAX_ATTEMPTS, now);
    return { ...use, ids };
  }

  /** Spends the secret whose code was entered, in any spelling. */
  async spendCode(
    tx: Transaction,
    attempt: CodeAttempt,
    code: string,
    state?: ReadState,
  ): Promise<ValidSecret | null> {
    const { purpose, subject, ids } = attempt;
    const current = (await state?.(tx, subject)) ?? null;
    const digests = this.seal.codeDigests(purpose, subject, code);
    return this.opened(await this.repository.spendCode(tx, digests, ids, this.conditions(attempt, current)));
  }

  /**
   * Deletes a subject's secrets of the given purposes, or all of them. Returns how many were deleted. Secrets being
   * issued by concurrent transactions are not visible, so callers must first lock the account, as issuers do.
   */
  async revokeAll(tx: Transaction, subject: string, purposes?: readonly SecretPurpose[]): Promise<number> {
    return this.repository.revokeAll(tx, subject, purposes ?? null);
  }

  /** Returns the subjects with an unspent secret of this purpose that was sent to one of the addresses. */
  async subjectsByEmail(
    purpose: RegisteredPurpose,
    emailDigests: readonly string[],
    tx?: Transaction,
  ): Promise<EmailSubject[]> {
    return this.repository.subjectsByEmail(purpose, emailDigests, this.clock.now(), tx);
  }

  /** Returns a subject's secrets of this purpose that were sent to an address, and are neither spent nor expired. */
  async sentTo(to: EmailSubject, purpose: RegisteredPurpose, tx?: Transaction): Promise<ValidSecret[]> {
    const rows = await this.repository.sentTo(to, purpose, this.clock.now(), tx);
    return rows.flatMap((row) => this.opened(row) ?? []);
  }

  /**
   * Deletes the secrets that a spent one supersedes: those of every other purpose of its subject but `except`, and more
   * recent ones of its own purpose. Callers must lock the account first, as for {@link revokeAll}.
   */
  async revokeSuperseded(
    tx: Transaction,
    subject: string,
    { id }: Pick<ValidSecret, 'id'>,
    { except }: { readonly except: SecretPurpose[] },
  ): Promise<void> {
    await this.repository.revokeSuperseded(tx, subject, id, except);
  }

  /**
   * Removes a subject's secrets that were bound to a state of its credentials, when that state has changed: they could not
   * be spent any more, and mails that would bring them are not sent. Secrets that outlive such changes stay.
   */
  async revokeOutdated(tx: Transaction, subject: string): Promise<void> {
    await this.repository.revokeBound(tx, subject);
  }

  /** Returns whether a secret could still be spent, as far as its own row tells. */
  async validityOf(id: string): Promise<SecretValidity> {
    const expiresAt = await this.repository.expiryOf(id);
    if (expiresAt === null) return 'gone';
    return expiresAt > this.clock.now() ? 'live' : 'expired';
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

  /**
   * Treats a row that was not written with the master secret as invalid. The secret is used up and the fact is
   * logged.
   */
  private opened(row: SingleUseSecret | null): ValidSecret | null {
    if (!row) return null;
    try {
      const payload = this.seal.unseal(row.sealedPayload, row);
      const { id, subject, emailDigest, context, createdAt: issuedAt } = row;
      return { id, subject, emailDigest, context, payload, issuedAt };
    } catch {
      this.logger.error({ id: row.id, purpose: row.purpose }, 'Rejected a secret whose row has been altered');
      return null;
    }
  }
}
