import { Injectable } from '@nestjs/common';
import { firstGenuine } from './first-genuine.js';
import { type Seal, sealHash } from './seal.js';
import { SealTrust } from './seal-trust.js';
import { SealsRepository } from './seals.repository.js';

/** Tells the seals of the service from those that anybody else with its database role has inserted. */
@Injectable()
export class GenuineSeals {
  constructor(
    private readonly seals: SealsRepository,
    private readonly trust: SealTrust,
  ) {}

  /** Whether a seal is as the service created it. */
  async isGenuine(seal: Seal): Promise<boolean> {
    return sealHash(seal) === seal.hash && (await this.trust.recognises(seal));
  }

  /** Returns the newest genuine seal before a time; null if there is none. Passes those that precede it to `onForged`. */
  async before(time: Date, onForged: (seal: Seal) => void = () => undefined): Promise<Seal | null> {
    return firstGenuine(
      (page) => this.seals.before(time, page),
      async (seal) => {
        const isGenuine = await this.isGenuine(seal);
        if (!isGenuine) onForged(seal);
        return isGenuine;
      },
    );
  }
}
