import { Injectable } from '@nestjs/common';
import { UsableSecrets } from '../../platform/crypto/usable-secrets.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { KeyAuthenticity } from './key-authenticity.js';
import { PrivateKeyEncryption } from './private-key-encryption.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeysRepository } from './signing-keys.repository.js';

/** A key that is about to be stored. */
export type NewSigningKey = Omit<SigningKey, 'mac' | 'sealedWith'>;

/** The signing keys of this installation: each stored row has a code, and rows with a wrong code are ignored. */
@Injectable()
export class KeyStore {
  constructor(
    private readonly keys: SigningKeysRepository,
    private readonly authenticity: KeyAuthenticity,
    private readonly encryption: PrivateKeyEncryption,
    private readonly secrets: UsableSecrets,
  ) {}

  /** The authentic keys, latest start time first. */
  async all(tx?: Transaction): Promise<SigningKey[]> {
    const rows = await this.keys.all(tx);
    // Others may have made a row with a secret that this instance lacks.
    if (this.authenticity.rejectsAnother(rows)) await this.secrets.renew();
    return this.authenticity.genuine(rows);
  }

  /** Takes the lock under which one instance at a time adds or deletes keys; held until the transaction ends. */
  async lock(tx: Transaction): Promise<void> {
    await this.keys.lock(tx);
  }

  /** Returns whether a token is valid at `now` that an instance has issued with a longer lifetime than `lifeSeconds`. */
  async hasLongerLived(lifeSeconds: number, now: Date): Promise<boolean> {
    // The times of a row are read one after the other.
    return this.keys.hasLongerLived(lifeSeconds + 1, now);
  }

  async add(tx: Transaction, key: NewSigningKey): Promise<void> {
    const sealedWith = key.sealedPrivateKey && this.encryption.keyId;
    await this.keys.insert(tx, { ...key, sealedWith, mac: this.authenticity.codeOf(key) });
  }

  /** Changes the time from which a stored key signs. */
  async makeSignFrom(tx: Transaction, key: SigningKey, signsFrom: Date): Promise<void> {
    const mac = this.authenticity.codeOf(Object.assign(new SigningKey(), key, { signsFrom }));
    await this.keys.makeSignFrom(tx, { kid: key.kid, signsFrom, mac });
  }

  /** Returns the keys that a master secret authenticates. */
  async madeWith(keyId: string, tx?: Transaction): Promise<SigningKey[]> {
    return (await this.keys.all(tx)).filter((row) => this.authenticity.madeWith(row) === keyId);
  }

  /** Encrypts and authenticates a stored key with the current master secret. */
  async rewrite(tx: Transaction, key: SigningKey): Promise<void> {
    const { kid, sealedPrivateKey } = key;
    const sealed =
      sealedPrivateKey && this.encryption.encrypt(this.encryption.decrypt(sealedPrivateKey, kid), kid);
    const sealedWith = sealed && this.encryption.keyId;
    await this.keys.rewrite(tx, {
      kid,
      sealedPrivateKey: sealed,
      sealedWith,
      mac: this.authenticity.codeOf(key),
    });
  }

  async delete(tx: Transaction, kids: readonly string[]): Promise<void> {
    await this.keys.delete(tx, kids);
  }
}
