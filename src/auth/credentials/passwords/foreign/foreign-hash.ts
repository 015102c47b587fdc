/**
 * A password hash of another system, as it is stored until the first login of its owner. `key` and `salt` are base64. A wrapped
 * one is a fast digest inside a bcrypt hash of ours: the digest itself is not stored.
 */
export type ForeignHash =
  | { readonly kind: 'bcrypt'; readonly hash: string }
  | {
      readonly kind: 'argon2';
      readonly variant: 'argon2d' | 'argon2i' | 'argon2id';
      readonly memoryKib: number;
      readonly passes: number;
      readonly lanes: number;
      readonly salt: string;
      readonly key: string;
    }
  | {
      readonly kind: 'scrypt';
      readonly cost: number;
      readonly blockSize: number;
      readonly parallelism: number;
      readonly salt: string;
      readonly key: string;
    }
  | {
      readonly kind: 'pbkdf2';
      readonly digest: PbkdfDigest;
      readonly iterations: number;
      readonly salt: string;
      readonly key: string;
    }
  | {
      readonly kind: 'firebase';
      readonly cost: number;
      readonly blockSize: number;
      readonly salt: string;
      readonly separator: string;
      readonly signerKey: string;
      readonly key: string;
    }
  | {
      readonly kind: 'sha-crypt';
      readonly digest: 'sha256' | 'sha512';
      readonly rounds: number;
      readonly hash: string;
    }
  | {
      readonly kind: 'wrapped';
      readonly digest: RawDigest;
      /** Appended to the password (RFC 2307); empty without one. */
      readonly salt: string;
      /** bcrypt of the digest in hex. */
      readonly hash: string;
    };

export type PbkdfDigest = 'sha1' | 'sha256' | 'sha512';

export type RawDigest = 'md5' | 'sha1' | 'sha256' | 'sha512';

/** A fast digest of a password, not yet wrapped in a slow hash. */
export interface RawHash {
  readonly kind: 'raw';
  readonly digest: RawDigest;
  /** Base64. */
  readonly salt: string;
  /** Lower-case hex. */
  readonly value: string;
}

/** A hash that cannot be imported; the message says why, and never contains the hash. */
export class UnusableHash extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnusableHash';
  }
}
