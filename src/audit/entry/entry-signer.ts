import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import { MasterKey } from '../../platform/crypto/master-key.js';
import type { AuditEntry } from '../audit-entry.js';
import { callRow } from './call-row.js';
import { canonicalEntry, digestOf } from './canonical-entry.js';
import { type EntrySignature, signedJson } from './signed-json.js';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * Authenticates entries under a key that is not in the database: an entry inserted there by hand cannot be given a
 * valid code, neither before nor after it is sealed. HMAC-SHA-256 over the entry's digest, written out by its
 * definition (RFC 2104) over the one-shot hash: 1 µs, where an Hmac object costs three times as much, and the garbage
 * of a million of them. Synchronous, because the libuv pool belongs to password hashing.
 */
@Injectable()
export class EntrySigner {
  private readonly inner: Buffer;
  private readonly outer: Buffer;

  constructor(masterKey: MasterKey) {
    const key = masterKey.derive('audit-entry');
    this.inner = padded(key, 0x36);
    this.outer = padded(key, 0x5c);
  }

  /** An entry as signed JSON; a later change is detected. */
  json(entry: AuditEntry): string {
    const canonical = canonicalEntry(entry);
    return signedJson(canonical, this.sign(canonical));
  }

  /** A call as a signed row. */
  row(call: AuditEntry): string {
    return callRow(call, this.sign(canonicalEntry(call)));
  }

  /** The code of an entry's digest; both lower-case hex. */
  mac(digest: string): string {
    this.inner.write(digest, BLOCK_BYTES, 'hex');
    this.outer.write(hash('sha256', this.inner, 'hex'), BLOCK_BYTES, 'hex');
    return hash('sha256', this.outer, 'hex');
  }

  private sign(canonical: string): EntrySignature {
    const digest = digestOf(canonical);
    return { digest, mac: this.mac(digest) };
  }
}

/** The key, shorter than a block, XORed with the pad, and room for a digest behind it. */
function padded(key: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at++) block[at] = (key[at] ?? 0) ^ pad;
  return block;
}
