import { timeOfEntry } from '../entry/entry-id.js';
import type { EntryTable } from '../entry/entries.repository.js';
import { monthOf } from '../partitions/month.js';
import { type DroppedPartition, type Seal, sealHash } from '../seals/seal.js';
import type { SealTrust } from '../seals/seal-trust.js';
import type { SealsRepository } from '../seals/seals.repository.js';

/** The partitions dropped by retention according to genuine seals. A month deleted by other means is not included. */
export class DroppedPartitions {
  private stated: DroppedPartition[] = [];

  constructor(
    private readonly seals: SealsRepository,
    private readonly trust: SealTrust,
  ) {}

  /** Reloads the records, because months may be dropped during verification. */
  async load(): Promise<void> {
    const seals = await this.seals.withDroppedPartitions();
    await this.trust.load();
    this.stated = seals.filter((seal) => this.isGenuine(seal)).flatMap(({ retired }) => retired);
  }

  /** Whether a missing entry's month was dropped. */
  explain(table: EntryTable, id: string): boolean {
    const month = monthOf(timeOfEntry(id));
    return this.stated.some((partition) => partition.table === table && partition.month === month);
  }

  /**
   * Returns the hash of a dropped seal from which the chain continues, if the seal was the last of a dropped month.
   */
  hashOf(number: number): string | undefined {
    return this.stated.find(({ lastSeal }) => lastSeal?.number === number)?.lastSeal?.hash;
  }

  private isGenuine(seal: Seal): boolean {
    return sealHash(seal) === seal.hash && this.trust.isGenuine(seal);
  }
}
