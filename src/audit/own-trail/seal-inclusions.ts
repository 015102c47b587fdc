import { Injectable } from '@nestjs/common';
import type { WorkThrottle } from '../../platform/clock/work-throttle.js';
import { ContainingSeal } from '../seals/containing-seal.js';
import { GenuineSeals, type OpenedSeal } from '../seals/genuine-seals.js';
import type { MerkleTree } from '../seals/merkle-tree.js';
import { indexOfMember } from '../seals/members.js';
import type { Seal } from '../seals/seal.js';
import { SealsRepository } from '../seals/seals.repository.js';

/** Where a seal has an entry: the place among its members, and the inclusion proof of RFC 9162, section 2.1.3. */
export interface Inclusion {
  readonly seal: number;
  readonly index: number;
  readonly path: readonly string[];
}

/** A seal without its members, which are other people's as well. Its root stands for them. */
export type OwnSeal = Omit<Seal, 'members' | 'mac' | 'keyChange'> & {
  readonly root: string;
  readonly keyChange?: Seal['keyChange'];
};

/** Seals kept while entries are read in the order of their times, which is nearly the order of their seals. */
const KEPT = 4;

/** The cost of reading and verifying a seal without its members, in entries of the trail. */
const ENTRIES_PER_SEAL = 40;

/** Finds the seals of entries. */
@Injectable()
export class SealInclusions {
  constructor(
    private readonly seals: ContainingSeal,
    private readonly all: SealsRepository,
    private readonly genuine: GenuineSeals,
  ) {}

  /** Returns a reader for many entries, which opens each seal about once, and pauses after what takes long. */
  reader(throttle: WorkThrottle): InclusionReader {
    return new InclusionReader(this.seals, throttle);
  }

  /** Returns the seals after a number that change the key. */
  async keyChangesAfter(number: number): Promise<OwnSeal[]> {
    const changes: OwnSeal[] = [];
    for (const seal of await this.all.withKeyChange()) {
      const opened = seal.number > number ? await this.genuine.open(seal) : null;
      if (opened?.tree) changes.push(ownSeal(seal, opened.tree));
    }
    return changes;
  }
}

/** Returns inclusions of entries one after another. */
export class InclusionReader {
  private opened: OpenedSeal[] = [];

  constructor(
    private readonly seals: ContainingSeal,
    private readonly throttle: WorkThrottle,
  ) {}

  /** Returns null if the entry is not sealed yet, or if its seal has format 1. */
  async of(id: string, position: number): Promise<{ seal: OwnSeal; inclusion: Inclusion } | null> {
    const { seal, tree } = (await this.open(position)) ?? {};
    if (!seal || !tree) return null;
    const index = indexOfMember(seal.members, id);
    if (index === null) return null;
    return { seal: ownSeal(seal, tree), inclusion: { seal: seal.number, index, path: tree.path(index) } };
  }

  private async open(position: number): Promise<OpenedSeal | null> {
    const isOf = ({ seal }: OpenedSeal) => seal.fromPosition <= position && position < seal.toPosition;
    const known = this.opened.find(isOf);
    if (known) return known;
    const found = await this.seals.open(position);
    await this.throttle.worked(ENTRIES_PER_SEAL + (found ? found.seal.events + found.seal.calls : 0));
    if (!found) return null;
    this.opened = [found, ...this.opened].slice(0, KEPT);
    return isOf(found) ? found : null;
  }
}

function ownSeal({ members: _members, mac: _mac, keyChange, ...seal }: Seal, { root }: MerkleTree): OwnSeal {
  return { ...seal, root, ...(keyChange && { keyChange }) };
}
