import { describe, expect, it } from 'vitest';
import { isRefusedAddress } from './outbound-address.js';
import { postJson } from './post-json.js';

describe('isRefusedAddress', () => {
  it.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    '100.100.100.200',
  ])('peer fault 63: refuses %s', (address) => {
    expect(isRefusedAddress(address)).toBe(true);
  });

  it.each(['127.0.0.1', '10.0.0.5', '192.168.1.1', '::1', 'fd00::1', '203.0.113.9', 'hooks.example.com'])(
    'allows %s',
    (address) => {
      expect(isRefusedAddress(address)).toBe(false);
    },
  );
});

describe('postJson', () => {
  it.each(['http://169.254.169.254/latest', 'http://[fe80::1]/', 'http://[::ffff:a9fe:a9fe]/'])(
    'peer fault 63: does not connect to %s',
    async (url) => {
      await expect(postJson(new URL(url), '{}', {})).rejects.toThrow('link-local');
    },
  );
});
