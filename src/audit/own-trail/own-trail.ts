import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { WorkThrottle } from '../../platform/clock/work-throttle.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { commitmentsOf, isFormat2 } from '../entry/sealed-form.js';
import { type ProvenEntry, provenEntry } from '../reading/proven-entry.js';
import { NewestSeal } from '../seals/newest-seal.js';
import { SealKey } from '../seals/seal-key.js';
import { OwnTrailRepository, type OwnStoredEntry } from './own-trail.repository.js';
import { type Inclusion, type OwnSeal, SealInclusions } from './seal-inclusions.js';
import { isForeignOrigin } from './unproven-origin.js';

const CHUNK = 200;

/** An entry about a person, and where its seal has it; null if it is not sealed yet, or if its seal has format 1. */
export type OwnEntry = ProvenEntry & { readonly inclusion: Inclusion | null };

/** The trail of one person, with what proves every entry without showing those of others. */
@Injectable()
export class OwnTrail {
  constructor(
    private readonly entriesOf: OwnTrailRepository,
    private readonly inclusions: SealInclusions,
    private readonly newest: NewestSeal,
    private readonly key: SealKey,
    private readonly masterKey: MasterKey,
    private readonly clock: Clock,
  ) {}

  /** Returns the public key that signs seals at present. During a change of the master secret, that is the former one. */
  async publicKey(): Promise<string> {
    const newest = await this.newest.read();
    return this.key.publicKeyOf(newest?.madeWith ?? this.masterKey.id);
  }

  /**
   * Returns seals ordered by their numbers, together with those that have changed the key since the first of them: with
   * these, the key of any time is sufficient to verify all.
   */
  async sealsInOrder(seals: ReadonlyMap<number, OwnSeal>): Promise<OwnSeal[]> {
    if (seals.size === 0) return [];
    const first = Math.min(...seals.keys());
    const all = new Map(seals);
    for (const change of await this.inclusions.keyChangesAfter(first)) all.set(change.number, change);
    return [...all.values()].sort((a, b) => a.number - b.number);
  }

  /**
   * Returns the entries about a person until now, oldest first, in chunks. Adds their seals to `seals`. Origins that
   * are somebody else's are represented by their commitment.
   */
  async *entries(userId: string, seals: Map<number, OwnSeal>): AsyncGenerator<OwnEntry[]> {
    const before = this.clock.now();
    const throttle = new WorkThrottle();
    const inclusions = this.inclusions.reader(throttle);
    let after: OwnStoredEntry | null = null;
    do {
      const page: OwnStoredEntry[] = await this.entriesOf.page(userId, { after, before, limit: CHUNK });
      const chunk: OwnEntry[] = [];
      for (const { position, ...entry } of page) {
        const found = await inclusions.of(entry.id, position);
        if (found) seals.set(found.seal.number, found.seal);
        chunk.push({ ...ownEntry(entry, userId), inclusion: found?.inclusion ?? null });
      }
      if (chunk.length > 0) yield chunk;
      await throttle.worked(chunk.length);
      after = page.length < CHUNK ? null : page.at(-1)!;
    } while (after !== null);
  }
}

function ownEntry(entry: Omit<OwnStoredEntry, 'position'>, userId: string): ProvenEntry {
  if (!isForeignOrigin(entry, userId)) return provenEntry(entry);
  const withheld = { ...entry, address: null, userAgent: null, originSalt: null };
  // An entry of format 1 is not provable without its origin.
  if (!isFormat2(entry)) return provenEntry(withheld);
  return provenEntry({ ...withheld, originCommitment: commitmentsOf(entry, entry).origin });
}
