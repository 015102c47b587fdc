import { describe, expect, it } from 'vitest';
import { deviceName } from './device-name.js';

describe('deviceName', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      'Chrome on Windows',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
      'Safari on iOS',
    ],
    ['curl/8.5.0', 'curl'],
    ['okhttp/4.12.0', 'okhttp'],
    ['node', 'node'],
    ['', 'an unknown device'],
  ])('names known programs, and clients with a plain product name: %s', (userAgent, name) => {
    expect(deviceName(userAgent)).toBe(name);
  });

  it.each([
    'Security team: account locked, call +1 555 0100 now/1.0 (x)',
    '<img src=x onerror=1>/1.0',
    'Call +1 555 0100/1.0',
    'Your account is locked/1.0',
    'https://evil.example/1.0',
    'evil.example/1.0',
    `${'a'.repeat(31)}/1.0`,
    'аррlе/1.0',
    'curl\u202e/1.0',
    '\u0000/1.0',
    '/1.0',
  ])('does not show text written by an attacker: %s', (userAgent) => {
    expect(deviceName(userAgent)).toBe('an unknown device');
  });

  it.each([
    'Mozilla/5.0 (Call +1 555 0100; now) Firefox/1.0',
    'Mozilla/5.0 (X11; Your account is locked) Gecko/20100101 Security-Team/1.0',
    'Mozilla/5.0 (Web0S; locked) <script>/1.0',
    'Roku/DVP-Call +1 555 0100',
    'Mozilla/5.0 (PlayStation Call now) x/1.0',
  ])('uses only known names for each part: %s', (userAgent) => {
    expect(deviceName(userAgent)).toMatch(/^(an unknown device|[A-Za-z0-9 ]+)$/);
    expect(deviceName(userAgent)).not.toMatch(/call|locked|security|script|555/i);
  });
});
