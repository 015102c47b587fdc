import { Injectable } from '@nestjs/common';
import { isUuid } from '../../platform/crypto/uuid.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { EntriesRepository } from '../entry/entries.repository.js';
import { TrailPositions } from '../partitions/trail-positions.js';
import { EntryErasure, ERASED_AT_ONCE } from './entry-erasure.js';
import { ErasuresRepository } from './erasures.repository.js';
import { LateEntriesRepository } from './late-entries.repository.js';

/** Entries of each table that are searched at a time: as many as a seal has, which PostgreSQL reads in some milliseconds. */
const SEARCHED_AT_ONCE = 2000;

/** Removes the members of erased people from entries that reach the trail later, whichever spool they come from. */
@Injectable()
export class LateErasure {
  constructor(
    private readonly late: LateEntriesRepository,
    private readonly trail: EntriesRepository,
    private readonly erasures: ErasuresRepository,
    private readonly erasure: EntryErasure,
    private readonly transactions: TransactionRunner,
    positions: TrailPositions,
  ) {
    positions.register(() => this.erasures.sweptTo());
  }

  /**
   * Searches the next entries since the last call, on whichever instance it was. Only one instance does so at a time.
   * Returns whether there may be more.
   */
  async eraseNext(): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      const from = await this.erasures.lockSweep(tx);
      if (from === null) return false;
      // In a statement before those that read entries: all entries below it are committed, so that none is passed over.
      const horizon = await this.trail.horizon(tx);
      const end = await this.late.endOfPart(tx, { from, to: horizon }, SEARCHED_AT_ONCE);
      if (end === null) return false;
      const part = { from, to: end };
      const owners = (await this.late.owners(tx, part)).filter(isUuid);
      const erased = await this.erasures.statedOf(tx, owners);
      const late = erased.length === 0 ? [] : await this.late.of(tx, erased, part, ERASED_AT_ONCE);
      for (const userId of erased) await this.erasure.erase(tx, userId, late);
      const isFull = late.length === ERASED_AT_ONCE;
      await this.erasures.moveSweep(tx, isFull ? late.at(-1)!.position : end);
      return isFull || end < horizon;
    });
  }
}
