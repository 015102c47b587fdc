import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { onDatabase } from '../../../../platform/database/database-problem.js';
import type { Transaction } from '../../../../platform/database/transaction-runner.js';
import { Passkey } from './passkey.entity.js';

/** How an insertion ended. */
export type Insertion = 'inserted' | 'too many' | 'taken';

/** The result of a use, as the authenticator reports it. */
export interface PasskeyUse {
  readonly counter: number;
  readonly synced: boolean;
  readonly at: Date;
}

/** All SQL statements on passkeys. */
@Injectable()
export class PasskeysRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds a passkey, unless the user, whose row the caller has locked, has `max` already or the credential is registered. */
  async insert(tx: Transaction, passkey: Passkey, max: number): Promise<Insertion> {
    const rows = await tx.query<unknown[]>(
      `INSERT INTO passkeys (id, user_id, name, credential_id, public_key, user_handle, row_seal, counter, transports,
         synced, created_at, last_used_at)
       SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
       WHERE (SELECT count(*) FROM passkeys WHERE user_id = $2) < $13
       ON CONFLICT (credential_id) DO NOTHING RETURNING id`,
      [
        passkey.id,
        passkey.userId,
        passkey.name,
        passkey.credentialId,
        passkey.publicKey,
        passkey.userHandle,
        passkey.rowSeal,
        passkey.counter,
        passkey.transports,
        passkey.synced,
        passkey.createdAt,
        passkey.lastUsedAt,
        max,
      ],
    );
    if (rows.length > 0) return 'inserted';
    return (await tx.countBy(Passkey, { userId: passkey.userId })) >= max ? 'too many' : 'taken';
  }

  /** Stores the passkeys of new accounts, except credentials that are registered. */
  async insertAll(tx: Transaction, passkeys: readonly Passkey[]): Promise<void> {
    if (passkeys.length === 0) return;
    await tx
      .createQueryBuilder()
      .insert()
      .into(Passkey)
      .values([...passkeys])
      .orIgnore()
      .execute();
  }

  /** Returns those of the credentials that are registered. */
  async findRegistered(credentialIds: readonly Buffer[]): Promise<Buffer[]> {
    if (credentialIds.length === 0) return [];
    const found = await onDatabase(() =>
      this.dataSource.manager.findBy(Passkey, { credentialId: In([...credentialIds]) }),
    );
    return found.map(({ credentialId }) => credentialId);
  }

  /** Returns the passkeys of a user, the oldest first. */
  async findOfUser(userId: string, tx: Transaction = this.dataSource.manager): Promise<Passkey[]> {
    return onDatabase(() => tx.find(Passkey, { where: { userId }, order: { createdAt: 'ASC', id: 'ASC' } }));
  }

  async findByCredential(credentialId: Buffer): Promise<Passkey | null> {
    return onDatabase(() => this.dataSource.manager.findOneBy(Passkey, { credentialId }));
  }

  /**
   * Stores a use. Returns false if the passkey is gone, or if its counter has not risen although the authenticator counts
   * (WebAuthn level 3, section 6.1.1).
   */
  async use(tx: Transaction, id: string, { counter, synced, at }: PasskeyUse): Promise<boolean> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(Passkey)
      .set({ counter, synced, lastUsedAt: at })
      .where('id = :id AND (counter < :counter OR (counter = 0 AND :counter = 0))', { id, counter })
      .execute();
    return affected === 1;
  }

  /** Returns the stored counter of a passkey; null if it is gone. */
  async counterOf(tx: Transaction, id: string): Promise<number | null> {
    return (await tx.findOneBy(Passkey, { id }))?.counter ?? null;
  }

  /** Renames a passkey of a user; returns it, or null if the user has no such passkey. */
  async rename(userId: string, id: string, name: string): Promise<Passkey | null> {
    return onDatabase(async () => {
      await this.dataSource.manager.update(Passkey, { id, userId }, { name });
      return this.dataSource.manager.findOneBy(Passkey, { id, userId });
    });
  }

  /** Deletes a passkey of a user; returns whether there was one. */
  async delete(tx: Transaction, userId: string, id: string): Promise<boolean> {
    const { affected } = await tx.delete(Passkey, { id, userId });
    return affected === 1;
  }
}
