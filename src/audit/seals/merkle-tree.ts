import { hash } from 'node:crypto';

const LEAF = 0x00;
const NODE = 0x01;
const HASH_BYTES = 32;

const node = Buffer.alloc(1 + 2 * HASH_BYTES, NODE);

/** SHA-256 of no bytes: the root of a tree without leaves. */
const EMPTY = hash('sha256', Buffer.alloc(0), 'buffer');

/**
 * The Merkle tree of RFC 9162, section 2.1, over the members of a seal. Its root proves all of them, and a path of
 * about ten hashes proves a single one without showing the others.
 */
export class MerkleTree {
  /** The hashes of each level, from the leaves to the root. */
  private readonly levels: Buffer[][];

  constructor(leaves: readonly Buffer[]) {
    this.levels = [leaves.map(leafHash)];
    for (let level = this.levels[0]!; level.length > 1;) {
      level = parents(level);
      this.levels.push(level);
    }
  }

  /** The root in lower-case hex. */
  get root(): string {
    return (this.levels.at(-1)![0] ?? EMPTY).toString('hex');
  }

  /** Returns the inclusion proof of a leaf (section 2.1.3), from the leaf's sibling upwards, in lower-case hex. */
  path(index: number): string[] {
    const path: string[] = [];
    let at = index;
    for (const level of this.levels.slice(0, -1)) {
      // The last hash of an odd level has no sibling and is moved up as it is.
      const sibling = level[at ^ 1];
      if (sibling) path.push(sibling.toString('hex'));
      at >>= 1;
    }
    return path;
  }
}

/**
 * Pairs from the left give the tree of section 2.1.1, which splits at the largest power of two: a hash without a
 * sibling stands for a whole subtree there, too.
 */
function parents(level: readonly Buffer[]): Buffer[] {
  const above: Buffer[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const right = level[at + 1];
    above.push(right ? nodeHash(level[at]!, right) : level[at]!);
  }
  return above;
}

function leafHash(data: Buffer): Buffer {
  const input = Buffer.allocUnsafe(1 + data.length);
  input[0] = LEAF;
  data.copy(input, 1);
  return hash('sha256', input, 'buffer');
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  left.copy(node, 1);
  right.copy(node, 1 + HASH_BYTES);
  return hash('sha256', node, 'buffer');
}
