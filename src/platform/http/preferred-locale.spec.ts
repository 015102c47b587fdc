import { describe, expect, it } from 'vitest';
import { preferredLocale } from './preferred-locale.js';

describe('The preferred language of a request', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-AT, en;q=0.8', 'de'],
    ['DE-de', 'de'],
    ['en-GB, de;q=0.9', 'en'],
    ['en;q=0.5, de;q=0.9', 'de'],
    ['fr, de;q=0.3', 'de'],
    ['fr, ja', 'en'],
    ['*', 'en'],
    ['*, en;q=0.1', 'de'],
    ['de;q=0', 'en'],
    ['de;q=nonsense', 'en'],
    ['de; q=0.4 , en ; q=0.3', 'de'],
    [';;;,,,q=1', 'en'],
  ] as const)('of %j is %s', (field, locale) => {
    expect(preferredLocale(field)).toBe(locale);
  });
});
