import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MasterKey, NAMING_PURPOSES } from '../crypto/master-key.js';
import { FieldEncryption } from '../crypto/field-encryption.js';
import { SecretDependants } from '../crypto/secret-dependants.js';
import { afterCommit, type Transaction } from '../database/transaction-runner.js';
import { SecretKeysRepository } from './secret-keys.repository.js';

/**
 * The keys of digests that name something in stored data, such as an address in the trail or the subject of an alert.
 * They survive a change of the master secret, because names that change cannot be compared or looked up any more. They
 * prove nothing, and are stored encrypted.
 */
@Injectable()
export class NamingKeys implements OnModuleInit {
  private isLoaded = false;

  constructor(
    private readonly repository: SecretKeysRepository,
    private readonly encryption: FieldEncryption,
    private readonly masterKey: MasterKey,
    private readonly dependants: SecretDependants,
  ) {}

  onModuleInit(): void {
    this.dependants.registerColumn({
      kind: 'naming-keys',
      table: 'naming_keys',
      id: 'purpose',
      column: 'sealed',
      purpose: 'naming-key',
      contextOf: ({ id }) => id,
    });
  }

  /**
   * Reads the keys once per process; the first process of all stores them, encrypted with the master secret of the given id.
   * They are used once the transaction has committed.
   */
  async load(tx: Transaction, secretId: string): Promise<void> {
    if (this.isLoaded) return;
    for (const purpose of NAMING_PURPOSES) {
      // What the previous version has stored was named with the oldest secret.
      const own = this.encryption.encrypt(
        'naming-key',
        purpose,
        this.masterKey.derive(purpose, this.masterKey.ids.at(-1)),
        secretId,
      );
      const stored = await this.repository.namingKey(tx, purpose, own);
      const key = this.encryption.decrypt('naming-key', purpose, stored);
      afterCommit(tx, () => this.masterKey.pin(purpose, key));
    }
    afterCommit(tx, () => {
      this.isLoaded = true;
    });
  }
}
