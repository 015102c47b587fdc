import { createHash } from 'node:crypto';
import type { Origin } from '../../platform/http/origin.js';

/** Identifies a client by user agent and network. The previous version binds a rotation to it. */
export function clientFingerprint({ network, userAgent }: Origin): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([network, userAgent]))
    .digest();
}

/** The user agent that a rotation is bound to. The network is not: a retry can come from another one. */
export function userAgentDigest({ userAgent }: Origin): Buffer {
  return createHash('sha256')
    .update(userAgent ?? '')
    .digest();
}
