import { Injectable } from '@nestjs/common';
import { ContainingSeal } from '../seals/containing-seal.js';
import { GenuineSeals } from '../seals/genuine-seals.js';
import type { MerkleTree } from '../seals/merkle-tree.js';
import { treeOf, unpackMembers } from '../seals/members.js';
import { SEAL_FORMAT, type Seal } from '../seals/seal.js';
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

interface Opened {
  readonly seal: OwnSeal;
  readonly tree: MerkleTree;
  readonly places: ReadonlyMap<string, number>;
}

/** Seals kept while entries are read in the order of their times, which is nearly the order of their seals. */
const KEPT = 4;

/** Finds the seals of entries. */
@Injectable()
export class SealInclusions {
  constructor(
    private readonly seals: ContainingSeal,
    private readonly all: SealsRepository,
    private readonly genuine: GenuineSeals,
  ) {}

  /** Returns a reader for many entries, which opens each seal about once. */
  reader(): InclusionReader {
    return new InclusionReader(this.seals);
  }

  /** Returns the seals after a number that change the key. */
  async keyChangesAfter(number: number): Promise<OwnSeal[]> {
    const changes: OwnSeal[] = [];
    for (const seal of await this.all.withKeyChange())
      if (seal.number > number && (await this.genuine.isGenuine(seal))) changes.push(openedOf(seal).seal);
    return changes;
  }
}

/** Returns inclusions of entries one after another. */
export class InclusionReader {
  private opened: Opened[] = [];

  constructor(private readonly seals: ContainingSeal) {}

  /** Returns null if the entry is not sealed yet, or if its seal has format 1. */
  async of(id: string, position: number): Promise<{ seal: OwnSeal; inclusion: Inclusion } | null> {
    const { seal, tree, places } = (await this.open(position)) ?? {};
    const index = places?.get(id);
    if (!seal || !tree || index === undefined) return null;
    return { seal, inclusion: { seal: seal.number, index, path: tree.path(index) } };
  }

  private async open(position: number): Promise<Opened | null> {
    const isOf = ({ seal }: Opened) => seal.fromPosition <= position && position < seal.toPosition;
    const known = this.opened.find(isOf);
    if (known) return known;
    const found = await this.seals.find(position);
    if (found?.format !== SEAL_FORMAT) return null;
    const opened = openedOf(found);
    this.opened = [opened, ...this.opened].slice(0, KEPT);
    return isOf(opened) ? opened : null;
  }
}

function openedOf({ members, mac: _mac, keyChange, ...seal }: Seal): Opened {
  const tree = treeOf(members);
  const places = new Map(unpackMembers(members).map(({ id }, index) => [id, index]));
  return { seal: { ...seal, root: tree.root, ...(keyChange && { keyChange }) }, tree, places };
}
