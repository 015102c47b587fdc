import type { CidrList } from './cidr-list.js';
import { canonicalIp, networkOf } from './ip-address.js';

/** An address in canonical form, null when unknown, and the network that rate limits count it in. */
export interface ClientIp {
  readonly ip: string | null;
  readonly network: string;
}

/**
 * Returns the client's address: the peer of the connection or, if the peer is a trusted proxy, the rightmost hop of
 * `X-Forwarded-For` that is not one. Each proxy appends the address of its peer, so only hops to the right of the first
 * untrusted one are reliable; the client can write anything to its left. A hop that is not an address ends the search at
 * the last valid hop, so that garbage cannot choose a bucket. No other header is read.
 */
export function clientIp(
  peer: string | undefined,
  forwardedFor: string | string[] | undefined,
  trusted: CidrList,
): ClientIp {
  let ip = peer === undefined ? null : canonicalIp(peer);
  if (ip !== null && forwardedFor !== undefined && trusted.includes(ip)) {
    for (const hop of hopsFromTheRight(forwardedFor)) {
      const hopIp = canonicalIp(withoutPort(hop));
      if (hopIp === null) break;
      ip = hopIp;
      if (!trusted.includes(ip)) break;
    }
  }
  return { ip, network: networkOf(ip) };
}

/** Lazy, so that a header with thousands of hops costs only as much as is read of it. */
function* hopsFromTheRight(forwardedFor: string | string[]): Generator<string> {
  const list = typeof forwardedFor === 'string' ? forwardedFor : forwardedFor.join(',');
  for (let end = list.length; end >= 0;) {
    const comma = end === 0 ? -1 : list.lastIndexOf(',', end - 1);
    const hop = list.slice(comma + 1, end).trim();
    // RFC 9110 section 5.6.1: a recipient ignores empty list elements.
    if (hop !== '') yield hop;
    end = comma;
  }
}

/** Removes the port of `192.0.2.1:4711` or `[2001:db8::1]:4711`, which some proxies write; a bare IPv6 address is kept. */
function withoutPort(hop: string): string {
  return /^\[([^\]]*)\](?::\d{1,5})?$/.exec(hop)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(hop)?.[1] ?? hop;
}
