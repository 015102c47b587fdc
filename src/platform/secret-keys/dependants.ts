import { Injectable } from '@nestjs/common';
import { FieldEncryption } from '../crypto/field-encryption.js';
import {
  type SealedColumn,
  type SecretDependant,
  SecretDependants,
  type SecretInUse,
} from '../crypto/secret-dependants.js';
import { SealedColumnsRepository } from './sealed-columns.repository.js';

/** Rows rewritten before other work can proceed. */
const BATCH = 500;

/** Everything registered that depends on a secret, in one form. */
@Injectable()
export class Dependants {
  constructor(
    private readonly registered: SecretDependants,
    private readonly columns: SealedColumnsRepository,
    private readonly encryption: FieldEncryption,
  ) {}

  /** Returns the kinds that can depend on a secret of this variable. */
  of({ variable }: Pick<SecretInUse, 'variable'>): readonly SecretDependant[] {
    const columns = this.registered.columns.map((column) => this.ofColumn(column));
    return [...columns, ...this.registered.others].filter((dependant) => dependant.variable === variable);
  }

  private ofColumn(column: SealedColumn): SecretDependant {
    const { kind, purpose, contextOf } = column;
    return {
      variable: 'JWT_SECRET_KEY',
      kind,
      count: ({ keyId }) => this.columns.count(column, keyId),
      rewrite: async ({ keyId }) => {
        const rows = await this.columns.find(column, keyId, BATCH);
        for (const row of rows)
          await this.columns.replace(
            column,
            row,
            this.encryption.reencrypt(purpose, contextOf(row), row.sealed),
          );
        return rows.length === BATCH;
      },
    };
  }
}
