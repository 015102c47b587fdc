import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { internalOrigin } from '../../platform/http/origin.js';
import { AuditService } from '../audit.service.js';
import { EntriesRepository } from '../entry/entries.repository.js';
import { NewestSeal } from '../seals/newest-seal.js';
import { ErasuresRepository } from './erasures.repository.js';
import { PersonalEntriesRepository } from './personal-entries.repository.js';

/** States erasures in the trail, before anything is removed from it. */
@Injectable()
export class ErasureStatement {
  constructor(
    private readonly erasures: ErasuresRepository,
    private readonly entries: PersonalEntriesRepository,
    private readonly trail: EntriesRepository,
    private readonly newest: NewestSeal,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Records the event that states a person's erasure, once. Returns whether it is sealed. */
  async isSealed(userId: string): Promise<boolean> {
    const eventId = await this.transactions.run(async (tx) => {
      const erasure = await this.erasures.lock(tx, userId);
      if (!erasure || erasure.eventId !== null) return erasure?.eventId ?? null;
      await this.erasures.beginSweep(tx);
      const id = await this.audit.record(tx, {
        type: 'personal_data_erased',
        outcome: 'success',
        userId,
        origin: internalOrigin('erasure', erasure.actor ?? { actorId: userId }),
        details: await this.entries.count(tx, userId),
      });
      await this.erasures.noteEvent(tx, userId, id);
      return id;
    });
    const position = eventId === null ? null : await this.trail.positionOf(eventId);
    const sealedTo = (await this.newest.read())?.toPosition ?? 0;
    return position !== null && position < sealedTo;
  }

  /** Returns the keyed digests of the addresses that the trail knows of a person. */
  async accountsOf(userId: string): Promise<string[]> {
    return this.transactions.run((tx) => this.entries.accountsOf(tx, userId));
  }
}
