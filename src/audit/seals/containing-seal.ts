import { Injectable } from '@nestjs/common';
import { type Seal, sealHash } from './seal.js';
import { SealTrust } from './seal-trust.js';
import { SealsRepository } from './seals.repository.js';

/** Seals read per query once the first one has turned out to be forged. */
const PAGE = 20;

/**
 * Finds the seal of a position. The service's database role may insert any row, and a forged seal that claims the same
 * positions must neither hide the genuine one nor take its place.
 */
@Injectable()
export class ContainingSeal {
  constructor(
    private readonly seals: SealsRepository,
    private readonly trust: SealTrust,
  ) {}

  /** Returns the genuine seal whose range contains a position, or the next one; null if there is neither. */
  async find(position: number): Promise<Seal | null> {
    let skip = 0;
    for (let limit = 1; ; limit = PAGE) {
      const page = await this.seals.endingAfter(position, { limit, skip });
      for (const seal of page) if (await this.isGenuine(seal)) return seal;
      if (page.length < limit) return null;
      skip += limit;
    }
  }

  private async isGenuine(seal: Seal): Promise<boolean> {
    if (sealHash(seal) !== seal.hash) return false;
    if (this.trust.madeWith(seal) !== null) return true;
    await this.trust.load();
    return this.trust.isGenuine(seal);
  }
}
