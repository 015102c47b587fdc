import { Injectable } from '@nestjs/common';
import { hmacOfDigest } from '../../platform/crypto/hmac.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import type { AuditEntry } from '../audit-entry.js';
import { callRow } from './call-row.js';
import { digestOf } from './canonical-entry.js';
import { commitment } from './commitment.js';
import { originText, personalDetailsText, splitDetails } from './personal-members.js';
import { Salts } from './salts.js';
import { sealedTextOf } from './sealed-form.js';
import { type EntrySignature, signedJson } from './signed-json.js';

/**
 * Authenticates entries with a key that is not in the database. An entry inserted into the database by hand therefore
 * cannot have a valid code, before or after sealing. The code is HMAC-SHA-256 over the entry's digest. It is synchronous,
 * because it takes 1 µs, and the libuv pool is reserved for password hashing.
 */
@Injectable()
export class EntrySigner {
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
      sealedTextOf(entry, {
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
    return hmacOfDigest(this.masterKey.derive('audit-entry', id), digest);
  }

  /** Returns the id of the known master secret that made a code; null if none did. */
  madeWith(digest: string, mac: string): string | null {
    if (this.mac(digest, this.lastId) === mac) return this.lastId;
    const id = this.masterKey.ids.find((other) => other !== this.lastId && this.mac(digest, other) === mac);
    if (id === undefined) return null;
    this.lastId = id;
    return id;
  }
}
