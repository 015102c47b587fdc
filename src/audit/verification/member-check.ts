import { canonicalEntry, digestOf } from '../entry/canonical-entry.js';
import type { StoredEntry } from '../entry/entries.repository.js';
import type { EntrySigner } from '../entry/entry-signer.js';
import type { Member } from '../seals/members.js';
import type { Fault, FaultKind } from './fault.js';

const DETAILS = {
  altered: 'The entry differs from what was sealed.',
  forged: 'The code of the entry was not written by the service.',
  missing: 'The entry was sealed and no longer exists.',
  inserted: 'The entry is in a range that was sealed without it.',
  moved: 'The entry is not at the position where it was sealed.',
} satisfies Partial<Record<FaultKind, string>>;

/** Maximum number of faults kept per seal; an emptied or flooded table has millions. */
const MAX_FAULTS = 100;

/** Returns the fault of an unsealed entry, which can only be detected by its code, or null. */
export function unsealedFault(entry: StoredEntry, signer: EntrySigner): Fault | null {
  const digest = digestOf(canonicalEntry(entry));
  const isGenuine = digest === entry.digest && signer.madeWith(digest, entry.mac) !== null;
  return isGenuine ? null : entryFault(entry.id, 'forged');
}

/** Creates the fault of an entry at a position that the service does not assign and the sealer does not reach. */
export function outOfRangeFault(id: string): Fault {
  return { id, kind: 'inserted', detail: 'The position of the entry is outside the valid range.' };
}

/** Creates the fault of an entry that its table contains more than once. */
export function repeatedFault(id: string): Fault {
  return { id, kind: 'inserted', detail: 'The table contains the entry more than once.' };
}

function entryFault(id: string, kind: keyof typeof DETAILS): Fault {
  return { id, kind, detail: DETAILS[kind] };
}

/** Compares the entries of one table in a seal's range, in order, with the members listed in the seal. */
export class MemberCheck {
  private readonly seen: Uint8Array;
  private readonly found: { readonly place: number; readonly fault: Fault }[] = [];
  private places: Map<string, number> | null = null;
  private next = 0;

  constructor(
    private readonly members: readonly Member[],
    /** Null if the master secret of the entries' codes is gone: the seal alone proves them. */
    private readonly signer: EntrySigner | null,
  ) {
    this.seen = new Uint8Array(members.length);
  }

  see(entry: StoredEntry): void {
    const place = this.placeOf(entry.id);
    if (place === undefined || this.seen[place] === 1)
      return this.report(this.next, entryFault(entry.id, 'inserted'));
    this.seen[place] = 1;
    const digest = digestOf(canonicalEntry(entry));
    if (digest !== this.members[place]!.digest || digest !== entry.digest)
      this.report(place, entryFault(entry.id, 'altered'));
    else if (this.signer && this.signer.madeWith(digest, entry.mac) === null)
      this.report(place, entryFault(entry.id, 'forged'));
    else if (place < this.next) this.report(place, entryFault(entry.id, 'moved'));
    this.next = Math.max(this.next, place + 1);
  }

  /** Returns the members not found. Retention may be the reason. */
  unseen(): string[] {
    return this.members.filter((_, place) => this.seen[place] === 0).map(({ id }) => id);
  }

  /**
   * Returns the faults in the order of the seal. The given ids, which retention does not explain, are reported as
   * missing.
   */
  faults(missing: readonly string[]): Fault[] {
    for (const id of missing) this.report(this.placeOf(id)!, entryFault(id, 'missing'));
    return this.found.sort((a, b) => a.place - b.place).map(({ fault }) => fault);
  }

  private placeOf(id: string): number | undefined {
    if (this.members[this.next]?.id === id) return this.next;
    this.places ??= new Map(this.members.map((member, place) => [member.id, place]));
    return this.places.get(id);
  }

  private report(place: number, fault: Fault): void {
    if (this.found.length < MAX_FAULTS) this.found.push({ place, fault });
  }
}
