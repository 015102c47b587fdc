import { createHash } from 'node:crypto';
import type { Origin } from '../../platform/http/origin.js';

/** What "the same client" means for a lost answer: the same user agent in the same address network. */
export function clientFingerprint({ network, userAgent }: Origin): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([network, userAgent]))
    .digest();
}
