import { digestOf } from '../entry/canonical-entry.js';
import type { EntriesRepository, StoredEntry } from '../entry/entries.repository.js';
import type { EntrySigner } from '../entry/entry-signer.js';
import { originOwner, splitDetails } from '../entry/personal-members.js';
import { sealedText } from '../entry/sealed-form.js';
import { NewestSeal } from '../seals/newest-seal.js';
import type { SealsRepository } from '../seals/seals.repository.js';

/**
 * The people whose erasure the trail itself states, in a genuine event that is sealed. Entries of other people that
 * have lost their personal members were altered.
 */
export class ErasedPeople {
  private ids = new Set<string>();
  private readonly newest: NewestSeal;

  constructor(
    seals: SealsRepository,
    private readonly entries: EntriesRepository,
    private readonly signer: EntrySigner,
  ) {
    this.newest = new NewestSeal(seals, signer);
  }

  /** Reloads the events, because people may be erased during verification. */
  async load(): Promise<void> {
    const sealedTo = (await this.newest.read())?.toPosition ?? 0;
    const events = await this.entries.erasures(sealedTo);
    this.ids = new Set(events.filter((event) => this.isGenuine(event)).map(({ userId }) => userId!));
  }

  /** Whether the personal members that an entry has lost were those of erased people, and all of them. */
  explain(entry: StoredEntry): boolean {
    const isOrigin = entry.originCommitment !== null;
    const isDetails = entry.detailsCommitment !== null;
    const isLeft =
      (isOrigin && (entry.originSalt ?? entry.address ?? entry.userAgent) !== null) ||
      (isDetails && (entry.detailsSalt !== null || splitDetails(entry.details).personal !== null));
    const owners = [...(isOrigin ? [originOwner(entry)] : []), ...(isDetails ? [entry.userId] : [])];
    return !isLeft && owners.every((id) => id !== null && this.ids.has(id));
  }

  private isGenuine(event: StoredEntry): boolean {
    const digest = digestOf(sealedText(event, event));
    return event.userId !== null && this.signer.mac(digest) === event.mac;
  }
}

/** Whether personal members of an entry have been erased, rightly or not. */
export function isErased(entry: StoredEntry): boolean {
  return entry.originCommitment !== null || entry.detailsCommitment !== null;
}
