import { networkOf } from '../../platform/http/client-ip/ip-address.js';

/** Returns the network of an address, which a person may recognise: the /24 for IPv4, the /64 for IPv6. */
export function networkName(address: string): string {
  return address.includes(':') ? networkOf(address) : address.replace(/\d+$/, '0/24');
}
