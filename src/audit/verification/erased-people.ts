import type { UsableSecrets } from '../../platform/crypto/usable-secrets.js';
import { digestOf } from '../entry/canonical-entry.js';
import type { EntriesRepository, StoredEntry } from '../entry/entries.repository.js';
import type { EntrySigner } from '../entry/entry-signer.js';
import { originOwner, splitDetails } from '../entry/personal-members.js';
import { sealedText } from '../entry/sealed-form.js';
import { ContainingSeal } from '../seals/containing-seal.js';
import { unpackMembers } from '../seals/members.js';
import { NewestSeal } from '../seals/newest-seal.js';
import type { SealTrust } from '../seals/seal-trust.js';
import type { SealsRepository } from '../seals/seals.repository.js';

/**
 * The people whose erasure the trail itself states, in a genuine event that is sealed. Entries of other people that
 * have lost their personal members were altered.
 */
export class ErasedPeople {
  private ids = new Set<string>();
  private readonly newest: NewestSeal;
  private readonly containing: ContainingSeal;

  constructor(
    seals: SealsRepository,
    trust: SealTrust,
    private readonly entries: EntriesRepository,
    private readonly signer: EntrySigner,
    secrets: UsableSecrets,
  ) {
    this.newest = new NewestSeal(seals, trust, secrets);
    this.containing = new ContainingSeal(seals, trust);
  }

  /** Reloads the events, because people may be erased during verification. */
  async load(): Promise<void> {
    const sealedTo = (await this.newest.read())?.toPosition ?? 0;
    const events = await this.entries.erasures(sealedTo);
    const genuine: StoredEntry[] = [];
    for (const event of events) if (await this.isGenuine(event)) genuine.push(event);
    this.ids = new Set(genuine.map(({ userId }) => userId!));
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

  /** Codes of a master secret that is gone cannot be checked; the event's seal proves it then. */
  private async isGenuine(event: StoredEntry): Promise<boolean> {
    const digest = digestOf(sealedText(event, event));
    if (event.userId === null || digest !== event.digest) return false;
    if (this.signer.madeWith(digest, event.mac) !== null) return true;
    const seal = await this.containing.find(event.position);
    if (seal === null) return false;
    return unpackMembers(seal.members).some((member) => member.id === event.id && member.digest === digest);
  }
}

/** Whether personal members of an entry have been erased, rightly or not. */
export function isErased(entry: StoredEntry): boolean {
  return entry.originCommitment !== null || entry.detailsCommitment !== null;
}
