import { wordlist as BIP39 } from '@scure/bip39/wordlists/english.js';
import { dictionary } from '@zxcvbn-ts/language-common';
import { createHash } from 'node:crypto';

/** Complete word lists that are used to generate passphrases. */
export const WORD_LISTS: Readonly<Record<'EFF' | 'BIP39', readonly string[]>> = {
  // The large list of the Electronic Frontier Foundation.
  EFF: dictionary['diceware-common'].map(String),
  BIP39,
};

/** Returns passphrases of a number of words with a minimum length, the same in each run. */
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
