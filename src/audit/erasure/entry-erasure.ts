import { Injectable } from '@nestjs/common';
import { isUuid } from '../../platform/crypto/uuid.js';
import { TransactionRunner, type Transaction } from '../../platform/database/transaction-runner.js';
import { EntriesRepository } from '../entry/entries.repository.js';
import { originOwner } from '../entry/personal-members.js';
import { commitmentsOf } from '../entry/sealed-form.js';
import { ErasuresRepository } from './erasures.repository.js';
import {
  type ErasedParts,
  type PersonalEntry,
  PersonalEntriesRepository,
  SOURCES,
} from './personal-entries.repository.js';

/** Entries per transaction; PostgreSQL changes this many well within the statement timeout even on a busy machine. */
const BATCH = 300;

/** Removes the personal members of entries and their salts, and leaves the commitments. */
@Injectable()
export class EntryErasure {
  constructor(
    private readonly entries: PersonalEntriesRepository,
    private readonly trail: EntriesRepository,
    private readonly erasures: ErasuresRepository,
    private readonly transactions: TransactionRunner,
  ) {}

  /**
   * Removes the members of a person from all entries, batch by batch. Each entry changes in one statement, so that a
   * trail is intact after any number of batches. Throws if the trail does not state the erasure in a sealed event.
   */
  async eraseAll(userId: string): Promise<void> {
    for (const source of SOURCES) {
      let after: PersonalEntry | null = null;
      do {
        const last: PersonalEntry | null = after;
        after = await this.transactions.run(async (tx) => {
          const page = await this.entries.page(tx, source, { userId, after: last, limit: BATCH });
          await this.erase(tx, userId, page);
          return page.at(-1) ?? null;
        });
      } while (after !== null);
    }
  }

  /**
   * Removes the members of erased people from entries that reached the trail since the last call, whichever spool they
   * come from. Only one instance does so at a time. Returns whether there may be more.
   */
  async eraseLate(): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      const from = await this.erasures.lockSweep(tx);
      if (from === null) return false;
      // Read before the entries: those below it are committed, so that none is passed over.
      const to = await this.trail.horizon();
      if (to <= from) return false;
      const late = await this.entries.late(tx, from, to, BATCH);
      const owners = [...new Set(late.flatMap(ownersOf))];
      for (const userId of await this.erasures.statedOf(tx, owners)) await this.erase(tx, userId, late);
      const isFull = late.length === BATCH;
      await this.erasures.moveSweep(tx, isFull ? late.at(-1)!.position : to);
      return isFull;
    });
  }

  private async erase(tx: Transaction, userId: string, entries: readonly PersonalEntry[]): Promise<void> {
    const parts = entries.map((entry) => partsOf(entry, userId)).filter((part) => part !== null);
    if (parts.length > 0) await this.entries.erase(tx, userId, parts);
  }
}

function ownersOf(entry: PersonalEntry): string[] {
  return [originOwner(entry), entry.userId].filter((id) => id !== null && isUuid(id)) as string[];
}

/** Returns the parts of an entry that belong to a person; null if none does. */
function partsOf(entry: PersonalEntry, userId: string): ErasedParts | null {
  const commitments = commitmentsOf(entry, entry);
  const isOrigin = entry.originSalt !== null && originOwner(entry) === userId;
  const isDetails = entry.detailsSalt !== null && entry.userId === userId;
  if (!isOrigin && !isDetails) return null;
  return {
    time: entry.time,
    id: entry.id,
    kind: entry.kind,
    originCommitment: isOrigin ? bytes(commitments.origin) : null,
    detailsCommitment: isDetails ? bytes(commitments.details!) : null,
  };
}

const bytes = (hex: string) => String.raw`\x${hex}`;
