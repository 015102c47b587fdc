import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import { MasterKey } from '../../platform/crypto/master-key.js';
import type { AuditEntry } from '../audit-entry.js';
import { callRow } from './call-row.js';
import { digestOf } from './canonical-entry.js';
import { commitment } from './commitment.js';
import { originText, personalDetailsText, splitDetails } from './personal-members.js';
import { Salts } from './salts.js';
import { textOf } from './sealed-form.js';
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

  constructor(
    masterKey: MasterKey,
    private readonly salts: Salts,
  ) {
    const key = masterKey.derive('audit-entry');
    this.inner = padded(key, 0x36);
    this.outer = padded(key, 0x5c);
  }

  /** Returns an entry as signed JSON. Later changes can be detected. */
  json(entry: AuditEntry): string {
    return signedJson(entry, this.sign(entry));
  }

  /** Returns a call as a signed row. */
  row(call: AuditEntry): string {
    return callRow(call, this.sign(call));
  }

  /** Returns the authentication code of an entry's digest; both in lower-case hex. */
  mac(digest: string): string {
    this.inner.write(digest, BLOCK_BYTES, 'hex');
    this.outer.write(hash('sha256', this.inner, 'hex'), BLOCK_BYTES, 'hex');
    return hash('sha256', this.outer, 'hex');
  }

  /** Commits to the personal members under new salts, and signs the rest together with the commitments. */
  private sign(entry: AuditEntry): EntrySignature {
    const { personal } = splitDetails(entry.details);
    const originSalt = this.salts.next();
    const detailsSalt = personal && this.salts.next();
    const digest = digestOf(
      textOf(entry, {
        origin: commitment(originSalt, originText(entry)),
        details: detailsSalt && commitment(detailsSalt, personalDetailsText(personal)),
      }),
    );
    return {
      digest,
      mac: this.mac(digest),
      originSalt: originSalt.toString('hex'),
      detailsSalt: detailsSalt && detailsSalt.toString('hex'),
    };
  }
}

/** Returns the key, shorter than a block, XORed with the pad, followed by room for a digest. */
function padded(key: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at++) block[at] = (key[at] ?? 0) ^ pad;
  return block;
}
