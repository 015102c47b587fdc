import type { Randomness } from '../crypto/randomness.js';

/** Upper-case letters and digits without 0, O, 1, I and L, which are easily confused. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const LENGTH = 8;

/**
 * Bytes at or above this value are discarded. Otherwise, the first characters of the alphabet would be more likely.
 */
const UNBIASED_BELOW = 256 - (256 % ALPHABET.length);

/** Returns a code for people to type: 8 characters, 39.6 bits, uniformly distributed. */
export function randomCode(randomness: Randomness): string {
  let code = '';
  while (code.length < LENGTH) {
    for (const byte of randomness.bytes(2 * (LENGTH - code.length))) {
      if (byte < UNBIASED_BELOW && code.length < LENGTH) code += ALPHABET[byte % ALPHABET.length];
    }
  }
  return code;
}

/** Returns the form in which codes are compared: upper case, without white space and dashes. */
export function canonicalCode(typed: string): string {
  return typed.replaceAll(/[\s\p{Pd}]/gu, '').toUpperCase();
}
