import type { EntrySigner } from '../entry/entry-signer.js';
import { NO_SEAL, type Seal, sealDigest, sealHash } from '../seals/seal.js';
import { type Fault, sealFault } from './fault.js';

/** The end of the chain as far as it has been followed. */
export type ChainEnd = Pick<Seal, 'number' | 'hash' | 'toPosition'>;

/** The state from which the first seal continues. */
export const CHAIN_START: ChainEnd = { number: 0, hash: NO_SEAL, toPosition: 0 };

/** Returns the fault of a seal by itself, or null. Its hash must match its statement, and its code must be valid. */
export function ownFault(seal: Seal, signer: EntrySigner): Fault | null {
  if (sealHash(seal) !== seal.hash) {
    return sealFault(seal.number, 'seal_altered', 'The seal does not match its own hash.');
  }
  if (signer.mac(sealDigest(seal)) !== seal.mac) {
    return sealFault(seal.number, 'seal_forged', 'The code of the seal was not written by the service.');
  }
  return null;
}

/** Returns the fault of a seal that follows `end`, or null. Number, position and hash must continue from there. */
export function linkFault(seal: Seal, end: ChainEnd, signer: EntrySigner): Fault | null {
  if (seal.number !== end.number + 1) {
    return sealFault(end.number + 1, 'seal_missing', `The next existing seal is number ${seal.number}.`);
  }
  const fault = ownFault(seal, signer);
  if (fault) return fault;
  if (seal.previous !== end.hash || seal.fromPosition !== end.toPosition) {
    return sealFault(seal.number, 'seal_altered', 'The seal does not continue from the previous one.');
  }
  return null;
}
