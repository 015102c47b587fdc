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

/** The key of a master secret, prepared for HMAC. */
interface Pads {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/**
 * Authenticates entries with a key that is not in the database. An entry inserted into the database by hand therefore
 * cannot have a valid code, before or after sealing. The code is HMAC-SHA-256 over the entry's digest, computed
 * according to its definition (RFC 2104) with the one-shot hash: this takes 1 µs, while an Hmac object takes three
 * times as long and produces garbage. It is synchronous, because the libuv pool is reserved for password hashing.
 */
@Injectable()
export class EntrySigner {
  private readonly pads = new Map<string, Pads>();
  /** The id that was right last: one secret makes long runs of entries. */
  private lastId: string;

  constructor(
    private readonly masterKey: MasterKey,
    private readonly salts: Salts,
  ) {
    this.lastId = masterKey.id;
  }

  /** Commits to the personal members under new salts, and signs the rest together with the commitments. */
  sign(entry: AuditEntry): EntrySignature {
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

  /** Returns an entry as signed JSON. Later changes can be detected. */
  json(entry: AuditEntry): string {
    return signedJson(entry, this.sign(entry));
  }

  /** Returns a call as a signed row. */
  row(call: AuditEntry): string {
    return callRow(call, this.sign(call));
  }

  /** Returns the authentication code of an entry's digest under the current or a given master secret; both in lower-case hex. */
  mac(digest: string, id: string = this.masterKey.id): string {
    const { inner, outer } = this.padsOf(id);
    inner.write(digest, BLOCK_BYTES, 'hex');
    outer.write(hash('sha256', inner, 'hex'), BLOCK_BYTES, 'hex');
    return hash('sha256', outer, 'hex');
  }

  /** Returns the id of the known master secret that made a code; null if none did. */
  madeWith(digest: string, mac: string): string | null {
    if (this.mac(digest, this.lastId) === mac) return this.lastId;
    const id = this.masterKey.ids.find((other) => other !== this.lastId && this.mac(digest, other) === mac);
    if (id === undefined) return null;
    this.lastId = id;
    return id;
  }

  private padsOf(id: string): Pads {
    let pads = this.pads.get(id);
    if (!pads) {
      const key = this.masterKey.derive('audit-entry', id);
      pads = { inner: padded(key, 0x36), outer: padded(key, 0x5c) };
      this.pads.set(id, pads);
    }
    return pads;
  }
}

/** Returns the key, shorter than a block, XORed with the pad, followed by room for a digest. */
function padded(key: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at++) block[at] = (key[at] ?? 0) ^ pad;
  return block;
}
