import type { CidrList } from './cidr-list.js';
import { canonicalIp, networkOf } from './ip-address.js';

/** An address in canonical form, null when unknown, and the network in which limits count it. */
export interface ClientIp {
  readonly ip: string | null;
  readonly network: string;
}

/**
 * Who is at the other end: the peer of the connection or, where the peer is a trusted proxy, the rightmost hop of
 * `X-Forwarded-For` that is not one. Each proxy appends what it saw, so only hops to the right of the first
 * untrusted one are testimony; everything to its left is the client's own writing. A hop that is no address ends
 * the walk at the last hop that was, so that nonsense cannot choose a bucket. No other header is read.
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

/** Lazily, so that a header stuffed with thousands of hops costs no more than the walk reads of it. */
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

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`; a bare IPv6 address has colons of its own. */
function withoutPort(hop: string): string {
  return /^\[([^\]]*)\](?::\d{1,5})?$/.exec(hop)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(hop)?.[1] ?? hop;
}
