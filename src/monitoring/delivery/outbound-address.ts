import { lookup } from 'node:dns';
import { BlockList, type LookupFunction, isIPv6 } from 'node:net';
import { canonicalIp } from '../../platform/http/ip-address.js';

/**
 * Link-local networks, which include the metadata services of clouds, and the IPv6 metadata address of AWS. The
 * operator chooses the receiver's name, but DNS decides which address it resolves to. Private networks are allowed,
 * because many receivers are in them.
 */
const REFUSED = new BlockList();
REFUSED.addSubnet('169.254.0.0', 16, 'ipv4');
REFUSED.addSubnet('fe80::', 10, 'ipv6');
REFUSED.addAddress('fd00:ec2::254', 'ipv6');

/** Whether connections to an address are forbidden. */
export function isRefusedAddress(text: string): boolean {
  const address = canonicalIp(text);
  return address !== null && REFUSED.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Resolves a name like `dns.lookup`, without the refused addresses. The connection uses the address that was checked.
 */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const allowed = addresses.filter(({ address }) => !isRefusedAddress(address));
    const [first] = allowed;
    if (!first) return callback(new Error(`${hostname} resolves to a link-local address`), '', 0);
    if (options.all) return callback(null, allowed);
    return callback(null, first.address, first.family);
  });
};
