import { Injectable } from '@nestjs/common';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { EntrySigner } from '../entry/entry-signer.js';
import { jsonOfRows } from './spooled-lines.js';

/** The members of a line in JSON that say who wrote it. */
interface Coded {
  /** As PostgreSQL reads bytes. */
  readonly digest?: unknown;
  readonly mac?: unknown;
  /** The key id of the master secret that made the code; only in quarantined lines. */
  readonly madeWith?: unknown;
}

const BYTES = /^\\x([0-9a-f]{64})$/;

/**
 * Replaces the codes that a former master secret made before the lines become rows. After a seal has changed the key,
 * entries must have codes of the new secret, because the old one may be removed; but a line can wait in the spool for any
 * time. A wrong code is never replaced, so that a forged line stays recognisable, and neither is the digest.
 */
@Injectable()
export class SpooledCodes {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly signer: EntrySigner,
  ) {}

  /** Whether a former secret made the code of one of these rows. */
  areFormer(rows: Buffer): boolean {
    if (this.masterKey.ids.length === 1) return false;
    return jsonOfRows(rows).some((line) => this.renewed(line) !== line);
  }

  /** Returns a line in JSON with a code of the current secret if a former one made it; otherwise the line itself. */
  renewed(line: string): string {
    if (this.masterKey.ids.length === 1) return line;
    const coded = readLine(line);
    const madeWith = this.secretOf(coded);
    if (madeWith === null || madeWith === this.masterKey.id) return line;
    const { madeWith: _former, ...rest } = coded;
    return JSON.stringify({ ...rest, mac: String.raw`\x${this.signer.mac(bytesOf(coded.digest)!)}` });
  }

  /** Returns a line that will be quarantined with the key id of the secret that made its code, if it is known. */
  labelled(line: string): string {
    const coded = readLine(line);
    const madeWith = this.secretOf(coded);
    return madeWith === null ? line : JSON.stringify({ ...coded, madeWith });
  }

  /** Returns the key id of the secret that a line names if it is not known; otherwise null. */
  lackedBy(line: string): string | null {
    if (!line.includes('"madeWith"')) return null;
    const { madeWith } = readLine(line);
    return typeof madeWith === 'string' && !this.masterKey.knows(madeWith) ? madeWith : null;
  }

  private secretOf({ digest, mac }: Coded): string | null {
    const [known, code] = [bytesOf(digest), bytesOf(mac)];
    return known === null || code === null ? null : this.signer.madeWith(known, code);
  }
}

/** Returns no members for an invalid line, such as one truncated by a machine crash. */
function readLine(line: string): Coded {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function bytesOf(value: unknown): string | null {
  return typeof value === 'string' ? (BYTES.exec(value)?.[1] ?? null) : null;
}
