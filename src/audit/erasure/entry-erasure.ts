import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import {
  afterCommit,
  TransactionRunner,
  type Transaction,
} from '../../platform/database/transaction-runner.js';
import { originOwner } from '../entry/personal-members.js';
import { commitmentsOf } from '../entry/sealed-form.js';
import { type ErasurePlace, placeAfter, SOURCES } from './erasure-progress.js';
import { ErasureProof } from './erasure-proof.js';
import { ErasuresRepository } from './erasures.repository.js';
import {
  type ErasedParts,
  type PersonalEntry,
  PersonalEntriesRepository,
} from './personal-entries.repository.js';

/**
 * Entries read and changed in one statement each. PostgreSQL needs far less than the statement timeout even on a busy machine,
 * and their commitments take less than 10 ms, during which no request proceeds.
 */
export const ERASED_AT_ONCE = 300;

const BEGINNING: ErasurePlace = { source: SOURCES[0], after: null };

/** Removes the personal members of entries and their salts, and leaves the commitments. */
@Injectable()
export class EntryErasure {
  private readonly logger = new Logger(EntryErasure.name);

  constructor(
    private readonly entries: PersonalEntriesRepository,
    private readonly erasures: ErasuresRepository,
    private readonly proof: ErasureProof,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /**
   * Removes the members of a person from the next entries, and finishes the erasure with the last ones. Each entry changes
   * in one statement, so that a trail is intact after any number of calls. Returns whether the caller should continue:
   * the person has more, and no other instance works on them. Throws if the trail does not state the erasure in a
   * sealed event.
   */
  async eraseNext(userId: string): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      const erasure = await this.erasures.claim(tx, userId);
      if (!erasure?.isStated || erasure.eventId === null) return false;
      const place = erasure.progress?.place ?? BEGINNING;
      const page = await this.entries.page(tx, place, { userId, limit: ERASED_AT_ONCE });
      await this.erase(tx, userId, page);
      const next = placeAfter(place, page.find(({ isLast }) => isLast) ?? null, SOURCES);
      if (next !== null) await this.erasures.noteProgress(tx, erasure, { place: next });
      else await this.finish(tx, userId);
      return next !== null;
    });
  }

  /** Removes the members of a person from up to {@link ERASED_AT_ONCE} entries, of which any number may belong to others. */
  async erase(tx: Transaction, userId: string, entries: readonly PersonalEntry[]): Promise<void> {
    const parts = entries.map((entry) => partsOf(entry, userId)).filter((part) => part !== null);
    if (parts.length > 0) await this.entries.erase(tx, userId, parts);
  }

  private async finish(tx: Transaction, userId: string): Promise<void> {
    const mac = this.proof.codeOf({ userId, actor: null });
    await this.erasures.finish(tx, userId, { now: this.clock.now(), mac });
    afterCommit(tx, () => this.logger.log({ userId }, 'Erased the personal data of a deleted account'));
  }
}

/** Returns the parts of an entry that belong to a person; null if none does, or if the entry states their erasure. */
function partsOf(entry: PersonalEntry, userId: string): ErasedParts | null {
  const isOrigin = entry.originSalt !== null && originOwner(entry) === userId;
  const isDetails = entry.detailsSalt !== null && entry.userId === userId;
  if (entry.type === 'personal_data_erased' || !(isOrigin || isDetails)) return null;
  const commitments = commitmentsOf(entry, entry);
  return {
    time: entry.time,
    id: entry.id,
    kind: entry.kind,
    originCommitment: isOrigin ? bytes(commitments.origin) : null,
    // An inserted row may have a salt for details of which none is about a person.
    detailsCommitment: isDetails && commitments.details !== null ? bytes(commitments.details) : null,
  };
}

const bytes = (hex: string) => String.raw`\x${hex}`;
