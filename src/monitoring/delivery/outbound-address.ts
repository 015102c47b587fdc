import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isMetadataAddress } from '../../platform/config/webhook-target.js';
import { canonicalIp } from '../../platform/http/client-ip/ip-address.js';

/**
 * Whether connections to an address are forbidden, because it is link-local or of a cloud's metadata service. The operator
 * chooses the receiver's name, but DNS decides which address it resolves to. Private networks are allowed, because many
 * receivers are in them.
 */
export function isRefusedAddress(text: string): boolean {
  const address = canonicalIp(text);
  return address !== null && isMetadataAddress(address);
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
