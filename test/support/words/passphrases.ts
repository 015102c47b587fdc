import { wordlist as BIP39 } from '@scure/bip39/wordlists/english.js';
import { dictionary } from '@zxcvbn-ts/language-common';
import { createHash } from 'node:crypto';

/** The lists from which people draw passphrases, complete. */
export const WORD_LISTS: Readonly<Record<'EFF' | 'BIP39', readonly string[]>> = {
  // The large list of the Electronic Frontier Foundation.
  EFF: dictionary['diceware-common'].map(String),
  BIP39,
};

/** Passphrases of so many words, the same in each run, at least so many characters long. */
export function passphrases(list: readonly string[], words: number, count: number, minLength = 15): string[] {
  const found: string[] = [];
  for (let index = 0; found.length < count; index += 1) {
    const digest = createHash('sha256').update(`${words} ${index}`).digest();
    const chosen = Array.from({ length: words }, (_, at) => list[digest.readUInt32BE(4 * at) % list.length]!);
    const phrase = chosen.join(' -_.'.charAt(index % 5));
    if (phrase.length >= minLength) found.push(phrase);
  }
  return found;
}
