import { Injectable } from '@nestjs/common';
import { MasterKey, Peppers } from '../crypto/master-key.js';
import type { SecretInUse, SecretVariable } from '../crypto/secret-dependants.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { Dependants } from './dependants.js';
import { SecretKeysRepository } from './secret-keys.repository.js';

/** What depends on one secret. */
export interface SecretState {
  readonly variable: SecretVariable;
  readonly keyId: string;
  /** Whether it is the one with which new values are made. */
  readonly isCurrent: boolean;
  /** When values were last made with it. */
  readonly lastMadeAt: Date;
  /** How many values of each kind depend on it; kinds without any are left out. */
  readonly dependants: Readonly<Record<string, number>>;
}

/** The outcome of giving a secret up; `unfinished` as long as there is data that will be rewritten. */
export type Forgetting = 'forgotten' | 'unknown' | 'current' | 'unfinished';

/** Says what depends on which secret, and ends the dependence on old ones. */
@Injectable()
export class SecretReport {
  constructor(
    private readonly repository: SecretKeysRepository,
    private readonly dependants: Dependants,
    private readonly transactions: TransactionRunner,
    private readonly masterKey: MasterKey,
    private readonly peppers: Peppers,
  ) {}

  /** Returns the secrets in use. Throws `dependency_unavailable` if PostgreSQL is unavailable. */
  async read(): Promise<SecretState[]> {
    const states: SecretState[] = [];
    for (const secret of await this.repository.inUse()) states.push(await this.stateOf(secret));
    return states;
  }

  /** Releases an old secret if nothing depends on it. Returns whether it was released. */
  async releaseIfUnused(secret: SecretInUse): Promise<boolean> {
    const { isCurrent, dependants } = await this.stateOf(secret);
    if (isCurrent || !secret.isSettled || Object.keys(dependants).length > 0) return false;
    await this.transactions.run((tx) => this.repository.release(tx, secret));
    return true;
  }

  /**
   * Deletes whatever depends on an old secret and cannot be rewritten, and releases the secret. `record` writes the event
   * in the same transaction.
   */
  async forget(
    keyId: string,
    record: (tx: Transaction, state: SecretState) => Promise<void>,
  ): Promise<Forgetting> {
    const secret = (await this.repository.inUse()).find((other) => other.keyId === keyId);
    if (!secret) return 'unknown';
    const state = await this.stateOf(secret);
    if (state.isCurrent || !secret.isSettled) return 'current';
    const kinds = this.dependants.of(secret).filter(({ kind }) => kind in state.dependants);
    if (kinds.some(({ rewrite }) => rewrite !== undefined)) return 'unfinished';
    await this.transactions.run(async (tx) => {
      for (const { forget } of kinds) await forget?.(tx, secret);
      await this.repository.release(tx, secret);
      await record(tx, state);
    });
    return 'forgotten';
  }

  private async stateOf(secret: SecretInUse): Promise<SecretState> {
    const { variable, keyId, lastMadeAt } = secret;
    const counts: Record<string, number> = {};
    for (const { kind, count } of this.dependants.of(secret)) {
      const number = await count(secret);
      if (number > 0) counts[kind] = number;
    }
    const current = variable === 'JWT_SECRET_KEY' ? this.masterKey.id : this.peppers.id;
    return { variable, keyId, isCurrent: keyId === current, lastMadeAt, dependants: counts };
  }
}
