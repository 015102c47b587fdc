import { Injectable } from '@nestjs/common';
import { KeyChanges } from '../../machines/keys/key-changes.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { RevocationListWriter } from '../../sessions/revocation-list/revocation-list-writer.js';
import { AdminKey } from './admin-key.js';
import { KeysOfTestsRepository } from './keys-of-tests.repository.js';

/** Ends the keys of everybody when a throwaway service starts afresh, and leaves `adminKey` as it was at the start. */
@Injectable()
export class ResetKeys {
  constructor(
    private readonly adminKey: AdminKey,
    private readonly keys: KeysOfTestsRepository,
    private readonly changes: KeyChanges,
    private readonly revocationList: RevocationListWriter,
  ) {}

  /** Announces that all keys end; the caller deletes them in the same transaction. */
  async endAll(tx: Transaction): Promise<void> {
    const { account, key } = this.adminKey.original;
    const ended = (await this.keys.active(tx)).filter(({ keyId }) => keyId !== key.id);
    await this.revocationList.keysEnded(tx, ended, 'deleted');
    await this.changes.add(tx, ...new Set([account.id, ...ended.map(({ subject }) => subject)]));
  }

  /** Puts `adminKey` and its account back, where there are no others. */
  async restore(tx: Transaction): Promise<void> {
    const { account, key } = this.adminKey.original;
    await this.keys.insert(tx, account, key);
  }
}
