import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { KeyPurpose } from './master-key.js';

/** The secrets on which stored data depends. */
export const SECRET_VARIABLES = ['JWT_SECRET_KEY', 'PASSWORD_PEPPER'] as const;

export type SecretVariable = (typeof SECRET_VARIABLES)[number];

/** A secret on which stored data may depend. */
export interface SecretInUse {
  readonly variable: SecretVariable;
  readonly keyId: string;
  /** When values were first made with it. */
  readonly since: Date;
  /** When an instance last announced that it makes values with it. */
  readonly lastMadeAt: Date;
  /** Whether no instance can make values with it any more: the last announcement is old enough. */
  readonly isSettled: boolean;
}

/** A kind of stored data that depends on a secret. */
export interface SecretDependant {
  readonly variable: SecretVariable;
  /** Plural, as the report shows it, for example `recovery-codes`. */
  readonly kind: string;
  /** Returns how many values still need the secret. */
  readonly count: (secret: SecretInUse) => Promise<number>;
  /** Rewrites values for the current secret; absent if that is impossible. Returns whether there may be more. */
  readonly rewrite?: (secret: SecretInUse) => Promise<boolean>;
  /** Deletes the values that depend on a secret that the operator gives up; absent if they become invalid by themselves. */
  readonly forget?: (tx: EntityManager, secret: SecretInUse) => Promise<void>;
}

/** A column of values of `FieldEncryption`, which can be rewritten. All names come from the program, never from input. */
export interface SealedColumn {
  readonly kind: string;
  readonly table: string;
  /** The column that identifies a row. */
  readonly id: string;
  readonly column: string;
  /** Further columns that the context of a value needs. */
  readonly needs?: readonly string[];
  readonly purpose: KeyPurpose;
  readonly contextOf: (row: SealedRow) => string;
}

/** A row with a sealed value. */
export interface SealedRow extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly sealed: Buffer;
}

/** The kinds of data that depend on a secret. The owner of each registers it during initialisation. */
@Injectable()
export class SecretDependants {
  readonly others: SecretDependant[] = [];
  readonly columns: SealedColumn[] = [];

  register(dependant: SecretDependant): void {
    this.others.push(dependant);
  }

  registerColumn(column: SealedColumn): void {
    this.columns.push(column);
  }
}
