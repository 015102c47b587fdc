import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SecretDependants } from '../../platform/crypto/secret-dependants.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { KeyStore } from './key-store.js';

/** Stored signing keys depend on the master secret that encrypts and authenticates them. */
@Injectable()
export class KeysDependence implements OnModuleInit {
  constructor(
    private readonly keys: KeyStore,
    private readonly dependants: SecretDependants,
    private readonly transactions: TransactionRunner,
  ) {}

  onModuleInit(): void {
    this.dependants.register({
      variable: 'JWT_SECRET_KEY',
      kind: 'signing-keys',
      count: async ({ keyId }) => (await this.keys.madeWith(keyId)).length,
      rewrite: async ({ keyId }) => {
        await this.transactions.run(async (tx) => {
          await this.keys.lock(tx);
          for (const key of await this.keys.madeWith(keyId, tx)) await this.keys.rewrite(tx, key);
        });
        return false;
      },
    });
  }
}
