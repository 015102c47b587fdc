import {
  hintOf,
  isWellFormedKey,
  KEY_LENGTH,
  KEY_PATTERN,
  type KeyKind,
  kindOf,
} from '../../machines/keys/key-format.js';

/** A key in a text, without the key itself. */
export interface KeyFinding {
  /** From 1. */
  readonly line: number;
  readonly kind: KeyKind;
  readonly hint: string;
}

/** Finds keys in a text that arrives in parts, whose boundaries do not matter. Keeps no more of it than the length of a key. */
export class KeyFinder {
  /** A lookahead, because the beginning of a key can complete the form of the text before it. */
  private readonly pattern = new RegExp(`(?=(${KEY_PATTERN}))`, 'g');
  private rest = '';
  private line = 1;

  /** Returns the keys that end in this part of the text, as bytes in Latin-1. */
  add(part: string): KeyFinding[] {
    const text = this.rest + part;
    const found: KeyFinding[] = [];
    let done = 0;
    for (const { 1: key = '', index } of text.matchAll(this.pattern)) {
      // Whatever stands before and after it: the checksum decides.
      if (index < done || !isWellFormedKey(key)) continue;
      this.line += linesIn(text, done, index);
      found.push({ line: this.line, kind: kindOf(key), hint: hintOf(key) });
      done = index + key.length;
    }
    const kept = Math.max(done, text.length - KEY_LENGTH + 1);
    this.line += linesIn(text, done, kept);
    this.rest = text.slice(kept);
    return found;
  }
}

function linesIn(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
