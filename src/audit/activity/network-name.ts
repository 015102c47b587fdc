import { networkOf } from '../../platform/http/ip-address.js';

/** The network of an address, the part that a person may recognise: IPv4 by its /24, IPv6 by its /64. */
export function networkName(address: string): string {
  return address.includes(':') ? networkOf(address) : address.replace(/\d+$/, '0/24');
}
