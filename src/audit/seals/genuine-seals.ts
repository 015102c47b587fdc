import { Injectable } from '@nestjs/common';
import { firstGenuine } from './first-genuine.js';
import { treeOf } from './members.js';
import type { MerkleTree } from './merkle-tree.js';
import { proofOf, type Seal, statementHash } from './seal.js';
import { SealTrust } from './seal-trust.js';
import { SealsRepository } from './seals.repository.js';

/** A genuine seal, and the tree over its members, which its hash covers; null in format 1. */
export interface OpenedSeal {
  readonly seal: Seal;
  readonly tree: MerkleTree | null;
}

/** Tells the seals of the service from those that anybody else with its database role has inserted. */
@Injectable()
export class GenuineSeals {
  constructor(
    private readonly seals: SealsRepository,
    private readonly trust: SealTrust,
  ) {}

  /** Whether a seal is as the service created it. */
  async isGenuine(seal: Seal): Promise<boolean> {
    return (await this.open(seal)) !== null;
  }

  /** Returns a seal with the tree that proves its members; null unless it is as the service created it. */
  async open(seal: Seal): Promise<OpenedSeal | null> {
    const tree = seal.format === 1 ? null : treeOf(seal.members);
    const isUnchanged = statementHash({ ...seal, proof: tree?.root ?? proofOf(seal) }) === seal.hash;
    return isUnchanged && (await this.trust.recognises(seal)) ? { seal, tree } : null;
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
