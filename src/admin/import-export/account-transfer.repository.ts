import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { StoredPasskey } from './transferred-passkeys.js';
import type { Role } from '../../platform/access/principal.js';

/** An account as it is exported; members that only `--secrets` gives are absent without it. */
export interface ExportedAccount {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly emailVerified: boolean;
  readonly roles: Role[];
  readonly locale: string;
  readonly createdAt: Date;
  readonly disabled: boolean;
  /** Whether the account is an invitation that its owner has not accepted yet; null if not. */
  readonly invited: true | null;
}

/** An account with what signs its owner in. */
export interface AccountWithSecrets extends ExportedAccount {
  readonly hash: string | null;
  readonly pepperId: string | null;
  readonly apps: readonly { readonly id: string; readonly sealed: string }[];
  readonly passkeys: readonly StoredPasskey[];
  readonly codes: readonly { readonly keyId: string | null; readonly digest: string }[];
}

const PROFILE = `id, email, display_name AS "displayName", email_verified AS "emailVerified", roles, locale,
  created_at AS "createdAt", disabled_at IS NOT NULL AS disabled,
  CASE WHEN invited_at IS NOT NULL THEN true END AS invited`;

const SECRETS = `(SELECT hash FROM password_credentials WHERE user_id = id) AS hash,
  (SELECT pepper_id FROM password_credentials WHERE user_id = id) AS "pepperId",
  (SELECT coalesce(json_agg(json_build_object('id', app.id, 'sealed', encode(app.sealed_secret, 'hex')) ORDER BY app.created_at), '[]')
   FROM totp_factors AS app WHERE app.user_id = users.id AND app.confirmed_at IS NOT NULL) AS apps,
  (SELECT coalesce(json_agg(json_build_object('id', passkey.id, 'name', passkey.name, 'credentialId', encode(passkey.credential_id, 'hex'),
     'publicKey', encode(passkey.public_key, 'hex'), 'userHandle', encode(passkey.user_handle, 'hex'),
     'rowSeal', encode(passkey.row_seal, 'hex'), 'counter', passkey.counter, 'transports', passkey.transports,
     'synced', passkey.synced) ORDER BY passkey.created_at, passkey.id), '[]')
   FROM passkeys AS passkey WHERE passkey.user_id = users.id) AS passkeys,
  (SELECT coalesce(json_agg(json_build_object('keyId', code.key_id, 'digest', encode(code.digest, 'hex'))), '[]')
   FROM recovery_codes AS code WHERE code.user_id = users.id AND code.used_at IS NULL) AS codes`;

/** Reads accounts for imports and exports. */
@Injectable()
export class AccountTransferRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns those of the addresses that have an account. */
  async existing(emails: readonly string[]): Promise<Set<string>> {
    const rows = await onDatabase(() =>
      this.dataSource.query<{ email: string }[]>('SELECT email FROM users WHERE email = ANY ($1)', [emails]),
    );
    return new Set(rows.map(({ email }) => email));
  }

  /** Returns those of the addresses that have an account whose owner signs in without having proven the address. */
  async unproven(emails: readonly string[]): Promise<Set<string>> {
    if (emails.length === 0) return new Set();
    const rows = await onDatabase(() =>
      this.dataSource.query<{ email: string }[]>(
        'SELECT email FROM users WHERE email = ANY ($1) AND NOT email_verified AND invited_at IS NULL',
        [emails],
      ),
    );
    return new Set(rows.map(({ email }) => email));
  }

  /**
   * Returns those of the ids that belong to an account, or have belonged to one according to the trail or, after the
   * retention of its entries, the erasures.
   */
  async usedIds(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const rows = await onDatabase(() =>
      this.dataSource.query<{ id: string }[]>(
        `SELECT id FROM unnest($1::uuid[]) AS id WHERE EXISTS (SELECT FROM users WHERE users.id = id.id)
           OR EXISTS (SELECT FROM audit_events AS event WHERE event.user_id = id.id)
           OR EXISTS (SELECT FROM erasures WHERE erasures.user_id = id.id)`,
        [ids],
      ),
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Returns how many accounts there are. */
  async count(): Promise<number> {
    const [row] = await onDatabase(() =>
      this.dataSource.query<[{ count: number }]>('SELECT count(*)::int AS count FROM users'),
    );
    return row.count;
  }

  /** Returns accounts after an id, in the order of ids. */
  async page(after: string, limit: number): Promise<ExportedAccount[]> {
    return this.read<ExportedAccount>(PROFILE, after, limit);
  }

  /** Like {@link page}, with what signs the owners in, still encrypted as it is stored. */
  async pageWithSecrets(after: string, limit: number): Promise<AccountWithSecrets[]> {
    return this.read<AccountWithSecrets>(`${PROFILE}, ${SECRETS}`, after, limit);
  }

  private async read<T>(columns: string, after: string, limit: number): Promise<T[]> {
    return onDatabase(() =>
      this.dataSource.query<T[]>(`SELECT ${columns} FROM users WHERE id > $1 ORDER BY id LIMIT $2`, [
        after,
        limit,
      ]),
    );
  }
}
