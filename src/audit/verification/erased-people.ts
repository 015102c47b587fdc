import type { UsableSecrets } from '../../platform/crypto/usable-secrets.js';
import type { EntriesRepository, StoredEntry } from '../entry/entries.repository.js';
import type { EntrySigner } from '../entry/entry-signer.js';
import { originOwner, splitDetails } from '../entry/personal-members.js';
import { ContainingSeal } from '../seals/containing-seal.js';
import { EventProof } from '../seals/event-proof.js';
import { GenuineSeals } from '../seals/genuine-seals.js';
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
  private readonly proof: EventProof;

  constructor(
    seals: SealsRepository,
    trust: SealTrust,
    private readonly entries: EntriesRepository,
    signer: EntrySigner,
    secrets: UsableSecrets,
  ) {
    this.newest = new NewestSeal(seals, trust, secrets);
    this.proof = new EventProof(signer, new ContainingSeal(seals, new GenuineSeals(seals, trust)));
  }

  /** Reloads the events, because people may be erased during verification. */
  async load(): Promise<void> {
    const sealedTo = (await this.newest.read())?.toPosition ?? 0;
    const events = await this.entries.erasures(sealedTo);
    const genuine: StoredEntry[] = [];
    for (const event of events) if (await this.proof.isGenuine(event)) genuine.push(event);
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
}

/** Whether personal members of an entry have been erased, rightly or not. */
export function isErased(entry: StoredEntry): boolean {
  return entry.originCommitment !== null || entry.detailsCommitment !== null;
}
