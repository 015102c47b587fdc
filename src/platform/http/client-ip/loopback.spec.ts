import { describe, expect, it } from 'vitest';
import { isLoopbackHost, isLoopbackPeer } from './loopback.js';

describe('isLoopbackHost', () => {
  it.each(['localhost', 'LOCALHOST:3000', '127.0.0.1', '127.1.2.3:80', '[::1]', '[::1]:3000'])(
    'accepts %s',
    (host) => expect(isLoopbackHost(host)).toBe(true),
  );

  it.each([
    '',
    'example.org',
    'localhost.example.org',
    '127.0.0.1.example.org',
    '192.0.2.1',
    '[::2]',
    'xlocalhost',
  ])('refuses "%s"', (host) => expect(isLoopbackHost(host)).toBe(false));
});

describe('isLoopbackPeer', () => {
  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('accepts %s', (peer) =>
    expect(isLoopbackPeer(peer, {})).toBe(true),
  );

  it('refuses other peers and requests forwarded by a proxy', () => {
    expect(isLoopbackPeer('192.0.2.1', {})).toBe(false);
    expect(isLoopbackPeer(undefined, {})).toBe(false);
    for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-real-ip', 'via'])
      expect(isLoopbackPeer('127.0.0.1', { [name]: '' })).toBe(false);
  });
});
