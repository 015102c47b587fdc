import { uuidFromBytes, uuidToBytes } from '../../platform/crypto/uuid.js';
import { MerkleTree } from './merkle-tree.js';

const ID_BYTES = 16;
const DIGEST_BYTES = 32;
const MEMBER_BYTES = ID_BYTES + DIGEST_BYTES;

/** An entry as recorded in a seal: its id, and the SHA-256 of its canonical text in hex. */
export interface Member {
  readonly id: string;
  readonly digest: string;
}

/**
 * Unpacks the members of a seal, 48 bytes each: id and digest. Events come first, then calls, both by position and
 * id.
 */
export function unpackMembers(packed: Buffer): Member[] {
  const members: Member[] = [];
  for (let start = 0; start + MEMBER_BYTES <= packed.length; start += MEMBER_BYTES) {
    members.push({
      id: uuidFromBytes(packed.subarray(start, start + ID_BYTES)),
      digest: packed.toString('hex', start + ID_BYTES, start + MEMBER_BYTES),
    });
  }
  return members;
}

/** Returns the index of an entry among the packed members of a seal; null if it is not one of them. */
export function indexOfMember(packed: Buffer, id: string): number | null {
  const bytes = uuidToBytes(id);
  let at = packed.indexOf(bytes);
  // A digest may contain the same bytes.
  while (at >= 0 && at % MEMBER_BYTES !== 0) at = packed.indexOf(bytes, at + 1);
  return at < 0 ? null : at / MEMBER_BYTES;
}

/** Returns the tree over the packed members of a seal. A leaf is the 48 bytes of a member. */
export function treeOf(packed: Buffer): MerkleTree {
  const leaves: Buffer[] = [];
  for (let start = 0; start + MEMBER_BYTES <= packed.length; start += MEMBER_BYTES)
    leaves.push(packed.subarray(start, start + MEMBER_BYTES));
  return new MerkleTree(leaves);
}
