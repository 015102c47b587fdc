import { Injectable } from '@nestjs/common';
import type { Principal } from '../../platform/access/principal.js';
import type { Origin } from '../../platform/http/origin.js';

/** Reads one kind of bearer token other than access tokens. */
export interface BearerReader {
  /** Whether a token has the form of this kind; decided by a prefix, without any look-up. */
  accepts(token: string): boolean;
  /** Returns the owner of the token. Throws `TokenRefused` if the token is not acceptable. */
  read(token: string, origin: Origin): Promise<Principal>;
}

/**
 * The kinds of bearer tokens other than access tokens. The module that issues a kind registers its reader at startup,
 * so that this module does not depend on it.
 */
@Injectable()
export class BearerReaders {
  private readonly readers: BearerReader[] = [];

  register(reader: BearerReader): void {
    this.readers.push(reader);
  }

  /** Returns the reader for a token; undefined for access tokens and for unknown kinds. */
  of(token: string): BearerReader | undefined {
    return this.readers.find((reader) => reader.accepts(token));
  }
}
