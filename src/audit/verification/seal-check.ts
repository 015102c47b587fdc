import { NO_SEAL, type Seal, sealHash, type SealKeyChange } from '../seals/seal.js';
import { isSignedWith, publicSealKey, type Signed } from '../seals/seal-key.js';
import type { SealTrust } from '../seals/seal-trust.js';
import { type Fault, sealFault } from './fault.js';

/** The end of the chain as far as it has been followed. */
export type ChainEnd = Pick<Seal, 'number' | 'hash' | 'toPosition'>;

/** The state from which the first seal continues. */
export const CHAIN_START: ChainEnd = { number: 0, hash: NO_SEAL, toPosition: 0 };

/** Returns the fault of a seal by itself, or null. Its hash must match its statement, and its code must be valid. */
export function ownFault(seal: Seal, trust: SealTrust): Fault | null {
  if (sealHash(seal) !== seal.hash) {
    return sealFault(seal.number, 'seal_altered', 'The seal does not match its own hash.');
  }
  if (!trust.isGenuine(seal)) {
    return sealFault(seal.number, 'seal_forged', 'The code of the seal was not written by the service.');
  }
  const { keyChange, hash, signature } = seal;
  if (keyChange && !isChangeSigned(keyChange, { hash, signature })) {
    return sealFault(seal.number, 'seal_altered', 'The change of the key is not signed by both keys.');
  }
  return null;
}

/** Returns the fault of a seal that follows `end`, or null. Number, position and hash must continue from there. */
export function linkFault(seal: Seal, end: ChainEnd, trust: SealTrust): Fault | null {
  if (seal.number !== end.number + 1) {
    return sealFault(end.number + 1, 'seal_missing', `The next existing seal is number ${seal.number}.`);
  }
  const fault = ownFault(seal, trust);
  if (fault) return fault;
  if (seal.previous !== end.hash || seal.fromPosition !== end.toPosition) {
    return sealFault(seal.number, 'seal_altered', 'The seal does not continue from the previous one.');
  }
  return null;
}

function isChangeSigned(
  { from, to, signature: former }: SealKeyChange,
  { hash, signature }: Signed,
): boolean {
  return (
    isSignedWith(publicSealKey(to), { hash, signature }) &&
    isSignedWith(publicSealKey(from), { hash, signature: former })
  );
}
