import { readFileSync } from 'node:fs';

/** Shorter entries are fragments of many a good password; taking them out would refuse those too. */
const SHORTEST_FRAGMENT = 4;
const FRAGMENTS = 10_000;

/**
 * The shipped list of common and breached passwords, most common first (from `@zxcvbn-ts/language-common` 4.1.3,
 * MIT licence). `all` are refused as they are; the most common are `fragments` too, worth nothing inside another.
 */
export interface CommonPasswords {
  readonly all: ReadonlySet<string>;
  readonly fragments: ReadonlySet<string>;
}

/** Reads the list that lies beside this file. */
export function loadCommonPasswords(): CommonPasswords {
  const lines = readFileSync(new URL('./common-passwords.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return {
    all: new Set(lines),
    fragments: new Set(lines.slice(0, FRAGMENTS).filter((line) => line.length >= SHORTEST_FRAGMENT)),
  };
}
