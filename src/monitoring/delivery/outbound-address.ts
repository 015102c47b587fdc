import { lookup } from 'node:dns';
import { BlockList, type LookupFunction, isIPv6 } from 'node:net';
import { canonicalIp } from '../../platform/http/ip-address.js';

/**
 * Link-local networks, which host the metadata services of clouds, plus the IPv6 one of AWS. The operator chooses the name
 * of the receiver, but the DNS of that name chooses the address. Private networks are allowed, because many receivers are
 * there.
 */
const REFUSED = new BlockList();
REFUSED.addSubnet('169.254.0.0', 16, 'ipv4');
REFUSED.addSubnet('fe80::', 10, 'ipv6');
REFUSED.addAddress('fd00:ec2::254', 'ipv6');

/** Whether nothing of ours is to connect to the address. */
export function isRefusedAddress(text: string): boolean {
  const address = canonicalIp(text);
  return address !== null && REFUSED.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Resolves a name as `dns.lookup` does, without the refused addresses; the connection goes to what was checked. */
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
