import { describe, expect, it } from 'vitest';
import { prefers } from './media-preference.js';

const prefersHtml = (accept: string | undefined) => prefers(accept, 'text/html', 'application/json');

describe('an Accept field prefers HTML to JSON', () => {
  it.each([
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'TEXT/HTML',
    'application/json;q=0.5, text/*',
    'text/html, */*',
    'text/*;q=0.5, */*;q=0.5',
    'text/html, application/json',
  ])('as %s', (accept) => expect(prefersHtml(accept)).toBe(true));

  it.each([
    undefined,
    '',
    '*/*',
    'application/json',
    'application/json, text/html',
    'application/*, text/html;q=0.9',
    'text/html;q=0.4, application/json;q=0.5',
    'text/html;q=0.4, */*',
    'text/html;q=0',
    'text/html-with-more',
  ])('but not as %s', (accept) => expect(prefersHtml(accept)).toBe(false));
});
