import { Injectable } from '@nestjs/common';
import { ApiKey } from '../../machines/keys/api-key.entity.js';
import { ServiceAccount } from '../../machines/service-account.entity.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';

/** An active key, and the person or service account that it belongs to. */
export interface KeyOfTests {
  readonly keyId: string;
  readonly subject: string;
}

/** Statements over the keys of everybody. */
@Injectable()
export class KeysOfTestsRepository {
  /** Returns all keys that have not been revoked. */
  async active(tx: Transaction): Promise<KeyOfTests[]> {
    return tx.query<KeyOfTests[]>(
      `SELECT id AS "keyId", coalesce(user_id, service_account_id) AS subject FROM api_keys WHERE revoked_at IS NULL`,
    );
  }

  async insert(tx: Transaction, account: ServiceAccount, key: ApiKey): Promise<void> {
    await tx.insert(ServiceAccount, account);
    await tx.insert(ApiKey, key);
  }
}
