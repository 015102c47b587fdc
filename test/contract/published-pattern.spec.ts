import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KEY_PATTERN, newKey } from '../../src/machines/keys/key-format.js';
import { SystemRandomness } from '../../src/platform/crypto/randomness.js';

const RULE = readFileSync('deploy/secret-scanning/gitleaks.toml', 'utf8');
const PATTERN = /^regex = '''(.+)'''$/m.exec(RULE)![1]!;
const KEYWORDS = JSON.parse(/^keywords = (\[.+\])$/m.exec(RULE)![1]!) as string[];

const randomness = new SystemRandomness();
const KEYS = Array.from({ length: 500 }, (_, n) =>
  newKey(n % 2 === 0 ? 'user' : 'service-account', randomness),
);

describe('The gitleaks rule', () => {
  /** What a scanner reports: the first group. */
  const found = (text: string) => Array.from(text.matchAll(new RegExp(PATTERN, 'g')), ([, secret]) => secret);

  it('has only what RE2 knows: no lookaround, no reference to a group, no possessive quantifier', () => {
    expect(PATTERN).not.toMatch(/\(\?[=!<]|\\[1-9]|\\k|[*+?}]\+/);
    expect(PATTERN).toBe(String.raw`\b(${KEY_PATTERN})\b`);
  });

  it('finds every key where keys stand in files, whole and alone', () => {
    for (const key of KEYS) {
      expect(KEYWORDS.some((word) => key.startsWith(word))).toBe(true);
      for (const text of [
        key,
        `TOKEN=${key}\n`,
        `"token": "${key}",`,
        `curl -H 'Authorization: Bearer ${key}' https://id.example.org`,
        `https://user:${key}@example.org/`,
        `key=${key}&more=1`,
        `- ${key}\\n`.replace('\\n', '\n'),
      ])
        expect(found(text)).toEqual([key]);
    }
  });

  it('passes over what only looks like one', () => {
    for (const key of KEYS.slice(0, 50))
      for (const text of [
        key.slice(0, -1),
        `${key}0`,
        `x${key}`,
        `_${key}`,
        `${key}_`,
        key.replace('ptc_', 'ptc-'),
        key.replace(/_[us]_/, '_a_'),
        key.toUpperCase(),
        `${key.slice(0, 20)}-${key.slice(21)}`,
        `${key.slice(0, 20)} ${key.slice(20)}`,
      ])
        expect(found(text)).toEqual([]);
  });

  it('is the one in the documents', () => {
    for (const document of ['docs/integration.md', 'docs/security.md'])
      expect(readFileSync(document, 'utf8')).toContain(KEY_PATTERN);
  });
});
