import { Injectable } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { ConfigurationFault } from '../../platform/config/configuration-fault.js';
import { Environment } from '../../platform/config/environment.js';
import { Clock } from '../../platform/clock/clock.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { KEY_TOKEN_LIFE_SECONDS } from '../revocation-list/revocation-list-writer.js';
import { KeyMaker } from './key-maker.js';
import { currentKey, deadKeys, firstUse } from './key-schedule.js';
import type { SigningKey } from './signing-key.entity.js';
import { KeyStore } from './key-store.js';
import { SuppliedKey } from './supplied-key.js';

/** The changes that a rotation made, for the operator who requested it. */
export interface Rotation {
  readonly kid: string;
  /** When the new key starts to sign. */
  readonly signsFrom: Date;
  /** Deleted keys that no unexpired token needed. */
  readonly dropped: readonly string[];
}

/** Adds and deletes signing keys: the first one, the supplied one and their successors. One instance acts at a time. */
@Injectable()
export class KeyRotation {
  constructor(
    private readonly keys: KeyStore,
    private readonly maker: KeyMaker,
    private readonly supplied: SuppliedKey,
    private readonly transactions: TransactionRunner,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /**
   * Ensures that a key is in force; if many instances start at once, one of them adds it. The key is generated before
   * the lock is taken, because the other instances would otherwise wait while an RSA key is generated.
   */
  async ensureKey(): Promise<void> {
    const { key: supplied } = this.supplied;
    if (!supplied && this.isInForce(await this.keys.all())) return;
    const key = supplied ?? (await this.maker.generate());
    await this.transactions.run(async (tx) => {
      await this.keys.lock(tx);
      if (supplied) return this.publish(tx, supplied);
      if (!this.isInForce(await this.keys.all(tx))) await this.maker.keep(tx, key, this.clock.now());
    });
  }

  /**
   * Adds a key that starts to sign once every verifier can have loaded it; the old key is kept until its tokens have
   * expired. Throws {@link ConfigurationFault} if the signing key is a supplied one.
   */
  async rotate(origin?: Origin): Promise<Rotation> {
    if (this.supplied.key) {
      throw new ConfigurationFault([
        'JWT_PRIVATE_KEY supplies the signing key; to rotate, supply another one',
      ]);
    }
    const key = await this.maker.generate();
    const dead = await this.dead(await this.keys.all());
    return this.transactions.run(async (tx) => {
      await this.keys.lock(tx);
      const dropped = await this.drop(tx, dead);
      const signsFrom = firstUse(this.clock.nowMs());
      return { kid: await this.maker.keep(tx, key, signsFrom, origin), signsFrom, dropped };
    });
  }

  /** Deletes the keys that no unexpired token needs, private halves first. */
  async clear(): Promise<void> {
    const dead = await this.dead(await this.keys.all());
    await this.transactions.run(async (tx) => {
      await this.keys.lock(tx);
      await this.drop(tx, dead);
    });
  }

  /**
   * Returns the given keys that no unexpired token needs and that must no longer be trusted. Instances may issue tokens that live
   * longer than those of this process; while a session has one, all keys are kept.
   */
  async dead(keys: readonly SigningKey[]): Promise<SigningKey[]> {
    const replaced = this.replaced(keys);
    return replaced.length === 0 || (await this.mayBeNeeded()) ? [] : replaced;
  }

  /** Returns the keys of which, if all instances issue tokens as this one does, every token has expired. */
  private replaced(keys: readonly SigningKey[]): SigningKey[] {
    const keptSeconds = Math.max(this.lifetimeSeconds, KEY_TOKEN_LIFE_SECONDS);
    return deadKeys(keys, this.clock.nowMs(), keptSeconds).filter(({ kid }) => kid !== this.supplied.kid);
  }

  /**
   * Whether a session may have a token that lives longer. The question reads all sessions; where they are too many for one
   * statement, the keys are kept, because neither their reload nor a rotation may depend on the answer.
   */
  private async mayBeNeeded(): Promise<boolean> {
    return this.keys.hasLongerLived(this.lifetimeSeconds, this.clock.now()).catch(() => true);
  }

  private get lifetimeSeconds(): number {
    return this.environment.JWT_ACCESS_TOKEN_EXPIRE_MINUTES * 60;
  }

  /** Whether one of the given generated keys signs now, with the configured algorithm. */
  private isInForce(keys: readonly SigningKey[]): boolean {
    const current = currentKey(keys, this.clock.nowMs());
    return current?.algorithm === this.environment.JWT_ALGORITHM && current.sealedPrivateKey !== null;
  }

  /** Deletes those of the dead keys that nobody has deleted or put in force again; returns their ids. */
  private async drop(tx: Transaction, dead: readonly SigningKey[]): Promise<string[]> {
    if (dead.length === 0) return [];
    const replaced = this.replaced(await this.keys.all(tx)).map(({ kid }) => kid);
    const kids = dead.map(({ kid }) => kid).filter((kid) => replaced.includes(kid));
    await this.keys.delete(tx, kids);
    return kids;
  }

  /** Puts the supplied key in force from now on, even if it was in force earlier. */
  private async publish(tx: Transaction, key: KeyObject): Promise<void> {
    const rows = await this.keys.all(tx);
    if (currentKey(rows, this.clock.nowMs())?.kid === this.supplied.kid) return;
    const known = rows.find((row) => row.kid === this.supplied.kid);
    if (known) await this.keys.makeSignFrom(tx, known, this.clock.now());
    else await this.maker.publish(tx, key, this.clock.now());
  }
}
