import { hash } from 'node:crypto';

const LEAF = 0x00;
const NODE = 0x01;
const HASH_BYTES = 32;

const node = Buffer.alloc(1 + 2 * HASH_BYTES, NODE);

/** SHA-256 of no bytes: the root of a tree without leaves. */
const EMPTY = hash('sha256', '', 'hex');

/**
 * The Merkle tree of RFC 9162, section 2.1, over the members of a seal. Its root proves all of them, and a path of
 * about twelve hashes proves a single one without showing the others. Hashes are in lower-case hex, which Node.js returns
 * in half of the time that it needs for a buffer: a busy service computes thousands a second.
 */
export class MerkleTree {
  /** The hashes of each level, from the leaves to the root. */
  private readonly levels: string[][];

  constructor(leaves: readonly Buffer[]) {
    this.levels = [leaves.map(leafHash)];
    for (let level = this.levels[0]!; level.length > 1;) {
      level = parents(level);
      this.levels.push(level);
    }
  }

  get root(): string {
    return this.levels.at(-1)![0] ?? EMPTY;
  }

  /** Returns the inclusion proof of a leaf (section 2.1.3), from the leaf's sibling upwards. */
  path(index: number): string[] {
    const path: string[] = [];
    let at = index;
    for (const level of this.levels.slice(0, -1)) {
      // The last hash of an odd level has no sibling and is moved up as it is.
      const sibling = level[at ^ 1];
      if (sibling !== undefined) path.push(sibling);
      at >>= 1;
    }
    return path;
  }
}

/**
 * Pairs from the left give the tree of section 2.1.1, which splits at the largest power of two: a hash without a
 * sibling stands for a whole subtree there, too.
 */
function parents(level: readonly string[]): string[] {
  const above: string[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const right = level[at + 1];
    above.push(right === undefined ? level[at]! : nodeHash(level[at]!, right));
  }
  return above;
}

function leafHash(data: Buffer): string {
  const input = Buffer.allocUnsafe(1 + data.length);
  input[0] = LEAF;
  data.copy(input, 1);
  return hash('sha256', input, 'hex');
}

function nodeHash(left: string, right: string): string {
  node.write(left, 1, 'hex');
  node.write(right, 1 + HASH_BYTES, 'hex');
  return hash('sha256', node, 'hex');
}
