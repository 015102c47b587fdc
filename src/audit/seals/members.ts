import { uuidFromBytes, uuidToBytes } from '../../platform/crypto/uuid.js';

const ID_BYTES = 16;
const DIGEST_BYTES = 32;
const MEMBER_BYTES = ID_BYTES + DIGEST_BYTES;

/** An entry as its seal knows it: by id, and by the SHA-256 of its canonical text, hex. */
export interface Member {
  readonly id: string;
  readonly digest: string;
}

/** Packs members as 48 bytes each: id, digest. */
export function packMembers(members: readonly Member[]): Buffer {
  const packed = Buffer.allocUnsafe(members.length * MEMBER_BYTES);
  for (const [index, { id, digest }] of members.entries()) {
    uuidToBytes(id).copy(packed, index * MEMBER_BYTES);
    packed.write(digest, index * MEMBER_BYTES + ID_BYTES, 'hex');
  }
  return packed;
}

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
