import { hash as digestOf } from 'node:crypto';
import type { RawDigest } from './foreign-hash.js';

/** Returns the digest in hex of a password with a salt appended to it (RFC 2307). */
export function rawDigest(password: string, digest: RawDigest, salt: string): string {
  return digestOf(digest, Buffer.concat([Buffer.from(password), Buffer.from(salt, 'base64')]), 'hex');
}
