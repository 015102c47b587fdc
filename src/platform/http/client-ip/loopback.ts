import type { FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { canonicalIp } from './ip-address.js';

const FORWARDED = /^(forwarded|x-forwarded-.*|x-real-ip|via)$/;

/** Returns whether a request comes from this machine directly, not through a proxy on it. */
export function isLoopbackPeer(remoteAddress: string | undefined, headers: IncomingHttpHeaders): boolean {
  const ip = canonicalIp(remoteAddress ?? '');
  const isLoopback = ip !== null && (ip === '::1' || ip.startsWith('127.'));
  return isLoopback && !Object.keys(headers).some((name) => FORWARDED.test(name));
}

/** Returns whether `host` or `host:port`, as in a `Host` field, names this machine. Other names are not guaranteed to. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i.test(host);
}

/**
 * Returns whether a request comes from this machine directly and names it as its `Host`, which a page that has rebound its own
 * name to loopback (DNS rebinding) does not.
 */
export function isLoopbackRequest({ socket, headers }: Pick<FastifyRequest, 'socket' | 'headers'>): boolean {
  return isLoopbackPeer(socket.remoteAddress, headers) && isLoopbackHost(headers.host ?? '');
}
