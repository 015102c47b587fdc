import { isIPv4, isIPv6, SocketAddress } from 'node:net';

const MAPPED_IPV4 = '::ffff:';

/** What limits compare when a request's address is unknown: all such requests share one bucket. */
const UNKNOWN_NETWORK = 'unknown';

/**
 * The one spelling of an IP address: IPv4 dotted, IPv6 as in RFC 5952, IPv4-mapped IPv6 as the IPv4 address that
 * it stands for (one client must not own two budgets, CVE-2026-30827), without the zone of a link-local address.
 * Null for anything that is not an address.
 */
export function canonicalIp(text: string): string | null {
  if (isIPv4(text)) return text;
  if (!isIPv6(text)) return null;
  const zone = text.indexOf('%');
  const ip = zone === -1 ? text : text.slice(0, zone);
  const canonical = new SocketAddress({ address: ip, family: 'ipv6' }).address;
  const embedded = canonical.slice(MAPPED_IPV4.length);
  return canonical.startsWith(MAPPED_IPV4) && isIPv4(embedded) ? embedded : canonical;
}

/**
 * The unit in which limits count and sessions compare a canonical address: an IPv4 address as it is, IPv6 by its
 * /64, the least that one subscriber is given and may draw addresses from at will (RFC 6177 section 2).
 */
export function networkOf(ip: string | null): string {
  if (ip === null) return UNKNOWN_NETWORK;
  if (!ip.includes(':')) return ip;
  const prefix = hextets(ip).slice(0, 4).join(':');
  return `${canonicalIp(`${prefix}::`)}/64`;
}

function hextets(ip: string): string[] {
  const [head = '', tail] = ip.split('::');
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left;
  const right = tail === '' ? [] : tail.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0').split(':');
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
}
