import ipaddr from 'ipaddr.js';

/** Host names under which clouds serve the credentials of a machine. */
const METADATA_NAMES = new Set([
  'metadata',
  'metadata.google.internal',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** Metadata addresses of AWS and Alibaba outside the link-local networks. */
const METADATA_ADDRESSES = new Set(['fd00:ec2::254', '100.100.100.200']);

/** Networks that carry an IPv4 address in the last 32 bits or after the first 16 (RFC 6052, RFC 3056). */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number];

/**
 * Returns whether the host of a URL is, in any notation, a link-local address or the address of a cloud's metadata
 * service; with `strict` also a private, loopback or otherwise special address. Names are checked when they are
 * resolved.
 */
export function isForbiddenTarget(url: string, { strict }: { readonly strict: boolean }): boolean {
  // The URL parser converts decimal, octal and hexadecimal IPv4 addresses to dotted ones.
  const host = new URL(url).hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
  if (METADATA_NAMES.has(host)) return true;
  if (host === 'localhost' || host.endsWith('.localhost')) return strict;
  if (!ipaddr.isValid(host)) return false;
  return isMetadataAddress(host) || (strict && innermost(ipaddr.parse(host)).range() !== 'unicast');
}

/** Returns whether a valid address is, or embeds, a link-local one or one of a cloud's metadata service. */
export function isMetadataAddress(address: string): boolean {
  const inner = innermost(ipaddr.parse(address));
  return METADATA_ADDRESSES.has(inner.toString()) || inner.range() === 'linkLocal';
}

/** Returns the IPv4 address embedded in an IPv6 address, or the address itself. */
function innermost(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const bytes = address.toByteArray();
  if (address.match(NAT64)) return new ipaddr.IPv4(bytes.slice(12));
  if (address.range() === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  // IPv4-compatible (RFC 4291 section 2.5.5.1); some systems still route it.
  const isCompatible = bytes.slice(0, 12).every((byte) => byte === 0) && bytes[12] !== 0;
  return isCompatible ? new ipaddr.IPv4(bytes.slice(12)) : address;
}
