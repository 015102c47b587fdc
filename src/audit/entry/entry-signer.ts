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
 * Authenticates entries with a key that is not in the database. An entry inserted into the database by hand therefore
 * cannot have a valid code, before or after sealing. The code is HMAC-SHA-256 over the entry's digest, computed
 * according to its definition (RFC 2104) with the one-shot hash: this takes 1 µs, while an Hmac object takes three
 * times as long and produces garbage. It is synchronous, because the libuv pool is reserved for password hashing.
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

  /** Returns an entry as signed JSON. Later changes can be detected. */
  json(entry: AuditEntry): string {
    const canonical = canonicalEntry(entry);
    return signedJson(canonical, this.sign(canonical));
  }

  /** Returns a call as a signed row. */
  row(call: AuditEntry): string {
    return callRow(call, this.sign(canonicalEntry(call)));
  }

  /** Returns the authentication code of an entry's digest; both in lower-case hex. */
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

/** Returns the key, shorter than a block, XORed with the pad, followed by room for a digest. */
function padded(key: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at++) block[at] = (key[at] ?? 0) ^ pad;
  return block;
}
