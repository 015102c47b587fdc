import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { internalOrigin } from '../../platform/http/origin.js';
import type { FoundKey } from '../keys/key-look-up.repository.js';
import { KeyNotices } from '../keys/key-notices.js';
import { eventAbout, ownerOf } from '../keys/key-owner.js';
import { KeyRevocation } from '../keys/key-revocation.js';
import { LeakRecipientsRepository } from './leak-recipients.repository.js';
import type { Leak } from './leak-report.js';

/** Does something about a leaked key in the transaction that revokes it. */
type LeakListener = (tx: Transaction, leak: Leak) => Promise<void>;

/** Ends keys that were found in public places, and tells their owners. */
@Injectable()
export class LeakResponse {
  private readonly listeners: LeakListener[] = [];

  constructor(
    private readonly revocation: KeyRevocation,
    private readonly recipients: LeakRecipientsRepository,
    private readonly notices: KeyNotices,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Adds a listener, which is called in the transaction that revokes a leaked key. */
  onLeak(listener: LeakListener): void {
    this.listeners.push(listener);
  }

  /**
   * Revokes a key and tells its owner or, for a service account, every administrator. Has no effect if the key is no
   * longer active. The events have no client address, since the reporter is not the owner.
   */
  async respond(
    key: FoundKey,
    { urls, sources }: Pick<Leak, 'urls' | 'sources'>,
    requestId: string,
  ): Promise<void> {
    const { id: keyId, userId, serviceAccountId } = key;
    const owner = ownerOf(key);
    await this.transactions.run(async (tx) => {
      const told =
        userId === null ? await this.recipients.administrators(tx) : await this.recipients.owner(tx, userId);
      const origin = internalOrigin(requestId);
      const ended = await this.revocation.end(tx, owner, { id: keyId }, 'leaked', origin);
      if (ended.length === 0) return;
      await this.audit.record(tx, {
        type: 'api_key_leaked',
        outcome: 'success',
        origin,
        ...eventAbout(owner, keyId),
      });
      const account = await this.recipients.nameOf(tx, serviceAccountId);
      for (const user of told) await this.notices.leaked(tx, user, { ...key, account }, urls[0] ?? '');
      for (const listener of this.listeners)
        await listener(tx, { keyId, userId, serviceAccountId, urls, sources });
    });
  }
}
