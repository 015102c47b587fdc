import { Injectable } from '@nestjs/common';
import { MasterKey } from '../../platform/crypto/master-key.js';

/** The digest under which a key is stored. */
export interface KeyDigest {
  readonly digest: Buffer;
  /** The id of the master secret that it depends on. */
  readonly secretId: string;
}

/**
 * Computes the digests of keys. A keyed hash without stretching is enough for 190 random bits, and whoever reads the
 * database alone cannot even test a guess.
 */
@Injectable()
export class KeyDigests {
  constructor(private readonly masterKey: MasterKey) {}

  /** Returns the digests of a key under every known secret, the current one first. */
  allOf(key: string): [Buffer, ...Buffer[]] {
    return this.masterKey.macs('api-key-digest', key) as [Buffer, ...Buffer[]];
  }

  of(key: string): KeyDigest {
    return { digest: this.masterKey.mac('api-key-digest', key), secretId: this.masterKey.id };
  }
}
