import ipaddr from 'ipaddr.js';
import { isIP, isIPv4 } from 'node:net';

/** Network of a request whose address is unknown; all such requests share one bucket. */
const UNKNOWN_NETWORK = 'unknown';

const ZONE = /%.*$/s;

/** `::192.0.2.1`, which the library parses as `::ffff:192.0.2.1` unless it is written with a zero. */
const IPV4_COMPATIBLE = /^::(?=\d+\.)/;

/** Hextets of the /64 that a subscriber is assigned. */
const NETWORK_PARTS = 4;

/**
 * Returns the canonical form of an IP address: IPv4 dotted, IPv6 as in RFC 5952, IPv4-mapped IPv6 as the IPv4 address (one
 * client must not have two budgets, CVE-2026-30827), without the zone of a link-local address. Returns null for anything
 * that is not an address.
 */
export function canonicalIp(text: string): string | null {
  if (isIPv4(text)) return text;
  // Node.js decides what is an address: the library also accepts octal and shortened forms.
  if (isIP(text) === 0) return null;
  const ip = ipaddr.process(text.replace(ZONE, '').replace(IPV4_COMPATIBLE, '0::'));
  return ip instanceof ipaddr.IPv6 ? ip.toRFC5952String() : ip.toString();
}

/**
 * Returns the unit in which limits count and sessions compare a canonical address: an IPv4 address itself, IPv6 by its
 * /64, the smallest block a subscriber is assigned and can pick addresses from freely (RFC 6177 section 2).
 */
export function networkOf(ip: string | null): string {
  if (ip === null) return UNKNOWN_NETWORK;
  if (!ip.includes(':')) return ip;
  const { parts } = ipaddr.IPv6.parse(ip);
  return `${new ipaddr.IPv6(parts.fill(0, NETWORK_PARTS)).toRFC5952String()}/64`;
}
