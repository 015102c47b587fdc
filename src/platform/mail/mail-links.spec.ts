import { describe, expect, it } from 'vitest';
import type { Environment } from '../config/environment.js';
import { MailLinks } from './mail-links.js';

describe('A link in a mail', () => {
  const links = new MailLinks({
    LINK_VERIFY_URL: 'https://auth.example.org/account/verify',
    LINK_RESET_URL: 'https://app.example.org/reset?theme=dark',
  } as Environment);

  it('leads to the configured page, with the token in the fragment', () => {
    expect(links.to('verify', 'abc-_9')).toBe('https://auth.example.org/account/verify#token=abc-_9');
  });

  it('keeps the query of the page', () => {
    expect(links.to('reset', 'abc')).toBe('https://app.example.org/reset?theme=dark#token=abc');
  });
});
