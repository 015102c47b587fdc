import { Injectable } from '@nestjs/common';
import { TransactionRunner, type Transaction } from '../../platform/database/transaction-runner.js';
import { internalOrigin } from '../../platform/http/origin.js';
import { AuditService } from '../audit.service.js';
import { EntriesRepository } from '../entry/entries.repository.js';
import { NewestSeal } from '../seals/newest-seal.js';
import {
  COUNTED,
  type EntryCounts,
  type EntryKey,
  type ErasureProgress,
  placeAfter,
} from './erasure-progress.js';
import type { ErasureRequest } from './erasure-proof.js';
import { ErasuresRepository } from './erasures.repository.js';
import { type PageOfAccounts, PersonalEntriesRepository } from './personal-entries.repository.js';

/** Entries that PostgreSQL counts in one statement; one that reads each from disk still ends in time. */
const COUNTED_AT_ONCE = 1000;

const NOTHING_COUNTED = {
  place: { source: COUNTED[0], after: null },
  counted: { entries: 0, format1: 0 },
} satisfies ErasureProgress;

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

  /**
   * Counts the next entries about a person and, with the last ones, records the event that states the erasure, once. Entries
   * that are added later at places that were already counted are not included. Returns whether the caller should continue: the
   * person has more, and no other instance works on them. The event names the actor of the request, which is proven.
   */
  async prepare({ userId, actor }: ErasureRequest): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      const erasure = await this.erasures.claim(tx, userId);
      if (erasure === null || erasure.eventId !== null) return false;
      const { place, counted } = { ...NOTHING_COUNTED, ...erasure.progress };
      const page = await this.entries.count(tx, place, { userId, limit: COUNTED_AT_ONCE });
      const counts = sum(counted, page);
      const next = placeAfter(place, page.last, COUNTED);
      if (next !== null) await this.erasures.noteProgress(tx, erasure, { place: next, counted: counts });
      else await this.record(tx, { userId, actor }, counts);
      return next !== null;
    });
  }

  /** Whether the event that states an erasure is sealed. */
  async isSealed(eventId: string): Promise<boolean> {
    const position = await this.trail.positionOf(eventId);
    const sealedTo = (await this.newest.read())?.toPosition ?? 0;
    return position !== null && position < sealedTo;
  }

  /** Returns the keyed digests of the addresses that the trail knows of a person. */
  async accountsOf(userId: string): Promise<string[]> {
    const found = new Set<string>();
    let after: EntryKey | null = null;
    do {
      const page: PageOfAccounts = await this.entries.accounts(after, { userId, limit: COUNTED_AT_ONCE });
      for (const account of page.accounts) found.add(account);
      after = page.last;
    } while (after !== null);
    return [...found];
  }

  private async record(
    tx: Transaction,
    { userId, actor }: ErasureRequest,
    details: EntryCounts,
  ): Promise<void> {
    await this.erasures.beginSweep(tx);
    const eventId = await this.audit.record(tx, {
      type: 'personal_data_erased',
      outcome: 'success',
      userId,
      origin: internalOrigin('erasure', actor ?? { actorId: userId }),
      details,
    });
    await this.erasures.noteEvent(tx, userId, eventId);
  }
}

function sum(counted: EntryCounts, page: EntryCounts): EntryCounts {
  return { entries: counted.entries + page.entries, format1: counted.format1 + page.format1 };
}
