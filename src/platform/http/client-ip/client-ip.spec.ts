import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { CidrList } from './cidr-list.js';
import { clientIp } from './client-ip.js';
import { canonicalIp } from './ip-address.js';

const nobody = new CidrList([]);
const proxies = new CidrList(['10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.53']);
const addressOf = (peer: string | undefined, forwardedFor?: string | string[], trusted = proxies) =>
  clientIp(peer, forwardedFor, trusted).ip;

describe('clientAddress of a direct connection', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['::ffff:c633:6407', '198.51.100.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
  ])('spells %s as %s', (peer, ip) => {
    expect(addressOf(peer)).toBe(ip);
  });

  it('ignores the header of a peer that is not a trusted proxy', () => {
    expect(addressOf('198.51.100.7', '203.0.113.9')).toBe('198.51.100.7');
    expect(addressOf('198.51.100.7', '203.0.113.9', nobody)).toBe('198.51.100.7');
  });

  it('puts an unknown peer into one shared bucket, whatever it forwards', () => {
    expect(clientIp(undefined, '203.0.113.9', proxies)).toEqual({ ip: null, network: 'unknown' });
    expect(clientIp('', undefined, proxies)).toEqual({ ip: null, network: 'unknown' });
  });
});

describe('clientAddress behind trusted proxies', () => {
  it.each([
    ['the only hop', '203.0.113.9', '203.0.113.9'],
    ['the rightmost hop that is no proxy', '1.1.1.1, 203.0.113.9, 10.1.2.3, 192.0.2.53', '203.0.113.9'],
    ['the leftmost hop when all are proxies', '10.3.3.3, 10.1.2.3', '10.3.3.3'],
    ['an address with a port', '203.0.113.9:52011', '203.0.113.9'],
    ['an address in brackets', '[2001:db8::9]', '2001:db8::9'],
    ['an address in brackets with a port', '[2001:DB8::9]:443', '2001:db8::9'],
    ['a bare IPv6 address', '2001:db8::9', '2001:db8::9'],
    ['an IPv4-mapped proxy as that proxy', '203.0.113.9, ::ffff:10.1.2.3', '203.0.113.9'],
    ['the hop beside empty elements', ' ,203.0.113.9,, ,', '203.0.113.9'],
    ['the peer when the nearest hop is garbage', '203.0.113.9, unknown', '10.0.0.1'],
    ['the last trusted hop before garbage', '203.0.113.9, _hidden, 10.1.2.3', '10.1.2.3'],
    ['the peer when the header is empty', '', '10.0.0.1'],
  ])('takes %s', (_what, forwardedFor, ip) => {
    expect(addressOf('10.0.0.1', forwardedFor)).toBe(ip);
  });

  it('reads several header lines as one list', () => {
    expect(addressOf('::ffff:10.0.0.1', ['1.1.1.1', '203.0.113.9', '10.1.2.3'])).toBe('203.0.113.9');
  });

  it('trusts blocks written as IPv4-mapped IPv6', () => {
    const mapped = new CidrList(['::ffff:10.0.0.0/104', '::ffff:192.0.2.53']);
    expect(addressOf('10.9.9.9', '203.0.113.9', mapped)).toBe('203.0.113.9');
    expect(addressOf('192.0.2.53', '203.0.113.9', mapped)).toBe('203.0.113.9');
    expect(addressOf('11.0.0.1', '203.0.113.9', mapped)).toBe('11.0.0.1');
  });

  it('refuses to parse an invalid block', () => {
    expect(() => new CidrList(['proxy.example.org'])).toThrow(RangeError);
  });
});

describe('the network in which an address counts', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::/64'],
    ['1:2:3::', '1:2:3::/64'],
    ['::1', '::/64'],
    ['::192.0.2.1', '::/64'],
  ])('of %s is %s', (peer, network) => {
    expect(clientIp(peer, undefined, nobody).network).toBe(network);
  });
});

const hextet = fc.integer({ min: 0, max: 0xffff });
const anyV6 = fc.array(hextet, { minLength: 8, maxLength: 8 });
const spell = (groups: readonly number[]) =>
  groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
const networkOf = (groups: readonly number[]) => clientIp(spell(groups), undefined, nobody).network;

describe('properties of clientAddress', () => {
  it('neighbours in one /64 share a network, others do not', () => {
    fc.assert(
      fc.property(anyV6, fc.array(hextet, { minLength: 4, maxLength: 4 }), (groups, host) => {
        // Leaves out ::/64, where the IPv4-mapped addresses live.
        fc.pre(groups.slice(0, 4).some((group) => group > 1));
        const [first = 0, ...rest] = groups;
        expect(networkOf([...groups.slice(0, 4), ...host])).toBe(networkOf(groups));
        expect(networkOf([first ^ 1, ...rest])).not.toBe(networkOf(groups));
      }),
    );
  });

  it('every spelling of an address is one address', () => {
    fc.assert(
      fc.property(anyV6, (groups) => {
        const canonical = canonicalIp(spell(groups));
        expect(canonicalIp(spell(groups).toUpperCase())).toBe(canonical);
        expect(canonicalIp(canonical!)).toBe(canonical);
      }),
    );
  });

  it('ignores everything that a client writes to the left of the hop the proxy added', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.ipV4(), (forged, seen) => {
        fc.pre(!proxies.includes(seen));
        expect(addressOf('10.0.0.1', `${forged},${seen}`)).toBe(seen);
      }),
    );
  });

  it('never fails, and returns an address in canonical form', () => {
    const hostile = fc.oneof(fc.string(), fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6())));
    fc.assert(
      fc.property(hostile, (forwardedFor) => {
        const { ip } = clientIp('10.0.0.1', forwardedFor, proxies);
        expect(ip).toBe(canonicalIp(ip!));
      }),
    );
  });
});
