import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { KEY_ID_BYTES } from '../crypto/field-encryption.js';
import { onDatabase } from '../database/database-problem.js';
import type { Transaction } from '../database/transaction-runner.js';
import type { Digests } from './secret-seal.js';
import type { SecretPurpose } from './secret-purposes.js';
import type { SingleUseSecret } from './secret.entity.js';

/** The conditions, apart from the digest, under which a secret can be spent. */
export interface SpendConditions {
  readonly purpose: SecretPurpose;
  readonly context: string | null;
  readonly fingerprint: string | null;
  readonly emailDigest: string | null;
  readonly now: Date;
}

/** A subject and the keyed digest of an address to which a secret of theirs was sent. */
export interface EmailSubject {
  readonly emailDigest: string;
  readonly subject: string;
}

type Written = Omit<SingleUseSecret, 'attempts' | 'usedAt'>;

const COLUMNS = `id, purpose, subject, digest, code_digest AS "codeDigest", code_expires_at AS "codeExpiresAt",
  email_digest AS "emailDigest", fingerprint, context, sealed_payload AS "sealedPayload", replaceable,
  expires_at AS "expiresAt", attempts, used_at AS "usedAt", created_at AS "createdAt"`;

/** The master secret is named at the start of the sealed payload. */
const MADE_WITH = `substring(sealed_payload FROM 1 FOR ${KEY_ID_BYTES}) = decode($1, 'hex')`;

const UNSPENT = 'purpose = $2 AND used_at IS NULL';
const OF_CONTEXT = '(context IS NULL OR context = $4)';

/**
 * A live secret with the token $1, for purpose $2, at time $3, in context $4. The context of a secret with a code restricts only
 * the code, because a link is opened wherever the mail is read.
 */
const HAS_TOKEN = `digest = ANY ($1) AND ${UNSPENT} AND expires_at > $3 AND (${OF_CONTEXT} OR code_digest IS NOT NULL)`;

/** Like {@link HAS_TOKEN}, but with the code $1. */
const HAS_CODE = `code_digest = ANY ($1) AND ${UNSPENT} AND code_expires_at > $3 AND ${OF_CONTEXT}`;

/** The account still has the fingerprint $5 and the address $6 to which the secret is bound. */
const OF_STATE = `(fingerprint IS NULL OR fingerprint = $5)
  AND ($6::text IS NULL OR email_digest IS NULL OR email_digest = $6)`;

/**
 * All SQL statements on single-use secrets. The caller passes the time. A null in the row means that the column
 * imposes no condition. A null from the caller matches only rows without that condition.
 */
@Injectable()
export class SecretsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Adds a secret. A replaceable one takes the row of its unused predecessor, so that concurrent requests leave only
   * one.
   */
  async insert(tx: Transaction, secret: Written): Promise<void> {
    await tx.query(
      `INSERT INTO single_use_secrets AS s (id, purpose, subject, digest, code_digest, code_expires_at, email_digest,
         fingerprint, context, sealed_payload, replaceable, expires_at, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       ON CONFLICT (subject, purpose) WHERE replaceable AND used_at IS NULL DO UPDATE SET
         id = excluded.id, digest = excluded.digest, code_digest = excluded.code_digest,
         code_expires_at = excluded.code_expires_at, email_digest = excluded.email_digest,
         fingerprint = excluded.fingerprint, context = excluded.context, sealed_payload = excluded.sealed_payload,
         expires_at = excluded.expires_at, created_at = excluded.created_at, attempts = 0`,
      [
        secret.id,
        secret.purpose,
        secret.subject,
        secret.digest,
        secret.codeDigest,
        secret.codeExpiresAt,
        secret.emailDigest,
        secret.fingerprint,
        secret.context,
        secret.sealedPayload,
        secret.replaceable,
        secret.expiresAt,
        secret.createdAt,
      ],
    );
  }

  /** Returns the subject of a secret, used or not; null if the secret is unknown or has no subject. */
  async subjectOf(purpose: SecretPurpose, digests: Digests, tx?: Transaction): Promise<string | null> {
    const rows = await onDatabase(() =>
      (tx ?? this.dataSource.manager).query<{ subject: string | null }[]>(
        'SELECT subject FROM single_use_secrets WHERE digest = ANY ($1) AND purpose = $2',
        [digests, purpose],
      ),
    );
    return rows[0]?.subject ?? null;
  }

  /** Returns the subjects of live secrets of a purpose that were sent to one of the addresses, with the digest of the address. */
  async subjectsByEmail(
    purpose: SecretPurpose,
    emailDigests: readonly string[],
    now: Date,
    tx: Transaction = this.dataSource.manager,
  ): Promise<EmailSubject[]> {
    return onDatabase(() =>
      tx.query<EmailSubject[]>(
        `SELECT DISTINCT email_digest AS "emailDigest", subject FROM single_use_secrets
         WHERE email_digest = ANY ($1) AND purpose = $2 AND subject IS NOT NULL AND used_at IS NULL AND expires_at > $3`,
        [emailDigests, purpose, now],
      ),
    );
  }

  /** Returns a subject's live secrets of a purpose that were sent to an address. */
  async sentTo(
    to: EmailSubject,
    purpose: SecretPurpose,
    now: Date,
    tx: Transaction = this.dataSource.manager,
  ): Promise<SingleUseSecret[]> {
    const live = `subject = $1 AND ${UNSPENT} AND expires_at > $3 AND email_digest = $4`;
    const values = [to.subject, purpose, now, to.emailDigest];
    return onDatabase(() => tx.query(`SELECT ${COLUMNS} FROM single_use_secrets WHERE ${live}`, values));
  }

  /**
   * Marks a secret as used if every condition holds. Of concurrent calls, one gets the row and the others get null.
   */
  async spend(tx: Transaction, digests: Digests, when: SpendConditions): Promise<SingleUseSecret | null> {
    const [rows] = await tx.query<[SingleUseSecret[], number]>(
      `UPDATE single_use_secrets SET used_at = $3
       WHERE ${HAS_TOKEN} AND ${OF_STATE}
       RETURNING ${COLUMNS}`,
      [digests, when.purpose, when.now, when.context, when.fingerprint, when.emailDigest],
    );
    return rows[0] ?? null;
  }

  /** Like {@link spend}, but marks nothing. A secret without attempts left is not found. */
  async find(
    tx: Transaction,
    digests: Digests,
    when: SpendConditions,
    limit: number,
  ): Promise<SingleUseSecret | null> {
    const rows = await tx.query<SingleUseSecret[]>(
      `SELECT ${COLUMNS} FROM single_use_secrets
       WHERE ${HAS_TOKEN} AND ${OF_STATE} AND attempts < $7`,
      [digests, when.purpose, when.now, when.context, when.fingerprint, when.emailDigest, limit],
    );
    return rows[0] ?? null;
  }

  /** Like {@link spend}, but for a code, and only among secrets whose attempt has been counted. */
  async spendCode(
    tx: Transaction,
    digests: Digests,
    ids: readonly string[],
    when: SpendConditions,
  ): Promise<SingleUseSecret | null> {
    const [rows] = await tx.query<[SingleUseSecret[], number]>(
      `UPDATE single_use_secrets SET used_at = $3
       WHERE id = ANY ($7::uuid[]) AND ${HAS_CODE} AND ${OF_STATE}
       RETURNING ${COLUMNS}`,
      [digests, when.purpose, when.now, when.context, when.fingerprint, when.emailDigest, ids],
    );
    return rows[0] ?? null;
  }

  /** Counts an attempt at a secret, in a statement that commits by itself. Returns null if it has no attempts left. */
  async countAttempt(
    purpose: SecretPurpose,
    digests: Digests,
    context: string | null,
    limit: number,
    now: Date,
  ): Promise<SingleUseSecret | null> {
    const [rows] = await onDatabase(() =>
      this.dataSource.query<[SingleUseSecret[], number]>(
        `UPDATE single_use_secrets SET attempts = attempts + 1
         WHERE ${HAS_TOKEN} AND attempts < $5
         RETURNING ${COLUMNS}`,
        [digests, purpose, now, context, limit],
      ),
    );
    return rows[0] ?? null;
  }

  /**
   * Like {@link countAttempt}, but for every valid code of a subject. Returns the ids of the secrets whose code may
   * be checked. Rows are locked in a fixed order, because concurrent attempts would otherwise deadlock if a subject
   * has several codes.
   */
  async countCodeAttempt(
    purpose: SecretPurpose,
    subject: string,
    context: string | null,
    limit: number,
    now: Date,
  ): Promise<string[]> {
    const [rows] = await onDatabase(() =>
      this.dataSource.query<[{ id: string }[], number]>(
        `WITH candidate AS MATERIALIZED (
           SELECT id FROM single_use_secrets
           WHERE subject = $1 AND ${UNSPENT} AND code_digest IS NOT NULL AND code_expires_at > $3 AND ${OF_CONTEXT}
             AND attempts < $5
           ORDER BY id FOR UPDATE)
         UPDATE single_use_secrets AS s SET attempts = s.attempts + 1 FROM candidate WHERE s.id = candidate.id
         RETURNING s.id`,
        [subject, purpose, now, context, limit],
      ),
    );
    return rows.map(({ id }) => id);
  }

  /** Deletes a subject's secrets of the given purposes, or all of them. Returns how many were deleted. */
  async revokeAll(
    tx: Transaction,
    subject: string,
    purposes: readonly SecretPurpose[] | null,
  ): Promise<number> {
    const [, removed] = await tx.query<[unknown, number]>(
      `DELETE FROM single_use_secrets WHERE id IN (
         SELECT id FROM single_use_secrets
         WHERE subject = $1 AND ($2::text[] IS NULL OR purpose = ANY ($2::text[])) ORDER BY id FOR UPDATE)`,
      [subject, purposes],
    );
    return removed;
  }

  /** Deletes the secrets of a subject, but not those of `except` or of the given one's purpose that are not younger than it. */
  async revokeSuperseded(tx: Transaction, subject: string, id: string, except: string[]): Promise<void> {
    await tx.query(
      `DELETE FROM single_use_secrets WHERE id IN (
         SELECT s.id FROM single_use_secrets AS s JOIN single_use_secrets AS used ON used.id = $2
         WHERE s.subject = $1 AND s.purpose <> ALL ($3::text[])
           AND (s.purpose <> used.purpose OR (s.created_at, s.id) > (used.created_at, used.id))
         ORDER BY s.id FOR UPDATE OF s)`,
      [subject, id, except],
    );
  }

  /** Deletes the secrets of a subject that are bound to a state of its credentials. */
  async revokeBound(tx: Transaction, subject: string): Promise<void> {
    await tx.query(
      `DELETE FROM single_use_secrets WHERE id IN (
         SELECT id FROM single_use_secrets WHERE subject = $1 AND fingerprint IS NOT NULL ORDER BY id FOR UPDATE)`,
      [subject],
    );
  }

  /** Returns when a secret expires or has expired; null if it has been used, replaced or removed. */
  async expiryOf(id: string): Promise<Date | null> {
    const rows = await onDatabase(() =>
      this.dataSource.query<{ expiresAt: Date }[]>(
        'SELECT expires_at AS "expiresAt" FROM single_use_secrets WHERE id = $1 AND used_at IS NULL',
        [id],
      ),
    );
    return rows[0]?.expiresAt ?? null;
  }

  /** Returns how many live secrets were made with a master secret. */
  async countMadeWith(keyId: string, now: Date): Promise<number> {
    const [row] = await onDatabase(() =>
      this.dataSource.query<[{ count: number }]>(
        `SELECT count(*)::int AS count FROM single_use_secrets
         WHERE ${MADE_WITH} AND used_at IS NULL AND expires_at > $2`,
        [keyId, now],
      ),
    );
    return row.count;
  }

  /** Deletes the secrets that were made with a master secret. */
  async deleteMadeWith(tx: Transaction, keyId: string): Promise<void> {
    await tx.query(`DELETE FROM single_use_secrets WHERE ${MADE_WITH}`, [keyId]);
  }

  /**
   * Deletes one batch of secrets that had expired by `now`, used or not; of those that were sent, only the ones that had
   * expired by `sentBy`. Returns how many were deleted. The batch is an array, because the planner may run a subquery of `IN`
   * once per row, which with `SKIP LOCKED` deletes more than the limit.
   */
  async purge(now: Date, sentBy: Date, batch: number): Promise<number> {
    const [, removed] = await onDatabase(() =>
      this.dataSource.query<[unknown, number]>(
        `DELETE FROM single_use_secrets WHERE id = ANY (ARRAY(
           SELECT id FROM single_use_secrets
           WHERE expires_at <= $1 AND (email_digest IS NULL OR expires_at <= $2)
           ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED))`,
        [now, sentBy, batch],
      ),
    );
    return removed;
  }
}
