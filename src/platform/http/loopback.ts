import type { IncomingHttpHeaders } from 'node:http';
import { canonicalIp } from './ip-address.js';

const FORWARDED = /^(forwarded|x-forwarded-.*|x-real-ip|via)$/;

/** Whether a request comes from this machine itself, and was not passed on by a proxy on it. */
export function isLoopbackPeer(remoteAddress: string | undefined, headers: IncomingHttpHeaders): boolean {
  const ip = canonicalIp(remoteAddress ?? '');
  const isLoopback = ip !== null && (ip === '::1' || ip.startsWith('127.'));
  return isLoopback && !Object.keys(headers).some((name) => FORWARDED.test(name));
}

/** Whether `host` or `host:port`, as in a `Host` field, names this machine: no other name is certain to do so. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i.test(host);
}
