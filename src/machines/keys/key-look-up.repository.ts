import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Role } from '../../platform/access/principal.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { ServiceAccount } from '../service-account.entity.js';
import { ApiKey } from './api-key.entity.js';
import type { KeyDigest } from './key-digests.js';

/** What is read of a key to judge it and to tell its owner about it. */
export type FoundKey = Pick<
  ApiKey,
  | 'id'
  | 'userId'
  | 'serviceAccountId'
  | 'name'
  | 'scopes'
  | 'hint'
  | 'secretId'
  | 'createdAt'
  | 'expiresAt'
  | 'revokedAt'
  | 'reducedAt'
>;

/** A key with what its owner may do at present. */
export interface KeyWithOwner {
  readonly key: FoundKey;
  /** Null for a key of a service account, or if the owner is gone. */
  readonly user: {
    readonly roles: readonly Role[];
    readonly disabledAt: Date | null;
    readonly hasFactor: boolean;
  } | null;
  /** Null for a key of a person. */
  readonly account: Pick<ServiceAccount, 'scopes' | 'disabledAt'> | null;
}

/** The columns of an owner are null for the other kind of owner. */
interface KeyRow extends FoundKey {
  readonly roles: Role[] | null;
  readonly ownerDisabledAt: Date | null;
  readonly ownerHasFactor: boolean;
  readonly accountScopes: string[] | null;
  readonly accountDisabledAt: Date | null;
}

/** The SQL statements on one key that a request presents or that a token names, together with what its owner may do. */
@Injectable()
export class KeyLookUpRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns the key of one of these digests, active or not, with its owner; null if there is none. */
  async findByDigest(digests: readonly Buffer[]): Promise<KeyWithOwner | null> {
    return this.findWithOwner('key.digest = ANY($1::bytea[])', digests);
  }

  /** Returns a key, active or not, with its owner; null if there is none. */
  async findById(id: string): Promise<KeyWithOwner | null> {
    return this.findWithOwner('key.id = $1::uuid', id);
  }

  /** Reads the same, and keeps others from revoking the key until the transaction ends. */
  async share(tx: Transaction, id: string): Promise<KeyWithOwner | null> {
    return this.findWithOwner('key.id = $1::uuid FOR SHARE OF key', id, tx);
  }

  /** Stores another digest of a key, and nothing else. */
  async redigest({ id }: Pick<ApiKey, 'id'>, current: KeyDigest): Promise<void> {
    await onDatabase(() => this.dataSource.manager.update(ApiKey, { id }, { ...current }));
  }

  /**
   * Written by hand: it runs for each key that a process has not seen lately, and the query builder takes longer than
   * PostgreSQL.
   */
  private async findWithOwner(
    condition: string,
    value: unknown,
    tx: Transaction = this.dataSource.manager,
  ): Promise<KeyWithOwner | null> {
    const [row] = await onDatabase(() =>
      tx.query<KeyRow[]>(
        `SELECT key.id, key.user_id AS "userId", key.service_account_id AS "serviceAccountId", key.name, key.scopes, key.hint,
                key.secret_id AS "secretId", key.created_at AS "createdAt", key.expires_at AS "expiresAt",
                key.revoked_at AS "revokedAt", key.reduced_at AS "reducedAt",
                owner.roles, owner.disabled_at AS "ownerDisabledAt",
                EXISTS (SELECT FROM passkeys WHERE user_id = owner.id)
                  OR EXISTS (SELECT FROM totp_factors WHERE user_id = owner.id AND confirmed_at IS NOT NULL)
                  AS "ownerHasFactor",
                account.scopes AS "accountScopes", account.disabled_at AS "accountDisabledAt"
           FROM api_keys AS key
           LEFT JOIN users AS owner ON owner.id = key.user_id
           LEFT JOIN service_accounts AS account ON account.id = key.service_account_id
          WHERE ${condition}`,
        [value],
      ),
    );
    if (!row) return null;
    const { roles, ownerDisabledAt, ownerHasFactor, accountScopes, accountDisabledAt, ...key } = row;
    return {
      key,
      user: roles && { roles, disabledAt: ownerDisabledAt, hasFactor: ownerHasFactor },
      account: accountScopes && { scopes: accountScopes, disabledAt: accountDisabledAt },
    };
  }
}
