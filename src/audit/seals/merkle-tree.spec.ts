import { fc } from '@fast-check/vitest';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MerkleTree } from './merkle-tree.js';

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const split = (size: number) => 2 ** Math.floor(Math.log2(size - 1));

/** MTH of RFC 9162, section 2.1.1, as it is written there. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), leaves[0]!);
  const k = split(leaves.length);
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** PATH of section 2.1.3.1. */
function pathOf(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...pathOf(index, leaves.slice(0, k)), rootOf(leaves.slice(k))]
    : [...pathOf(index - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
}

const members = fc.array(fc.uint8Array({ minLength: 48, maxLength: 48 }), { maxLength: 70 });

describe('The tree of a seal', () => {
  it('has the root and the paths of RFC 9162', () => {
    fc.assert(
      fc.property(members, (bytes) => {
        const leaves = bytes.map((leaf) => Buffer.from(leaf));
        const tree = new MerkleTree(leaves);
        expect(tree.root).toBe(rootOf(leaves).toString('hex'));
        for (const index of leaves.keys())
          expect(tree.path(index)).toEqual(pathOf(index, leaves).map((hash) => hash.toString('hex')));
      }),
    );
  });
});
