import type { Randomness } from '../crypto/randomness.js';

/** Upper-case letters and digits without 0, O, 1, I and L, which people confuse. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const LENGTH = 8;

/** Bytes from here on are drawn again; otherwise the first characters of the alphabet would be more likely. */
const UNBIASED_BELOW = 256 - (256 % ALPHABET.length);

/** A code that people type: 8 characters, 39.6 bits, drawn uniformly. */
export function randomCode(randomness: Randomness): string {
  let code = '';
  while (code.length < LENGTH) {
    for (const byte of randomness.bytes(2 * (LENGTH - code.length))) {
      if (byte < UNBIASED_BELOW && code.length < LENGTH) code += ALPHABET[byte % ALPHABET.length];
    }
  }
  return code;
}

/** The spelling that is compared: upper case, without white space and dashes. */
export function canonicalCode(typed: string): string {
  return typed.replaceAll(/[\s\p{Pd}]/gu, '').toUpperCase();
}
