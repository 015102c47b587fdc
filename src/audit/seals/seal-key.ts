import { Injectable } from '@nestjs/common';
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { MasterKey } from '../../platform/crypto/master-key.js';

/** PKCS #8 header of an Ed25519 private key (RFC 8410 section 7); the 32-byte seed follows. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A hash and its signature, both in hex. */
export interface Signed {
  readonly hash: string;
  readonly signature: string;
}

/** The key pairs that sign seals (Ed25519, RFC 8032), one per master secret, derived from it and stored nowhere. */
@Injectable()
export class SealKey {
  private readonly pairs = new Map<string, KeyPair>();

  constructor(private readonly masterKey: MasterKey) {}

  /** The public key of a master secret: SubjectPublicKeyInfo, DER, base64; sufficient for verification without the service. */
  publicKeyOf(id: string): string {
    return this.pairOf(id).publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  }

  /** Signs a seal's hash with the key of a master secret. Takes about 50 µs. */
  sign(hash: string, id: string): string {
    return sign(null, Buffer.from(hash, 'hex'), this.pairOf(id).privateKey).toString('hex');
  }

  /** Whether the signature of a seal's hash was made with the key of a known master secret. Takes about 150 µs per secret. */
  isOurs(signed: Signed): boolean {
    return this.masterKey.ids.some((id) => isSignedWith(this.pairOf(id).publicKey, signed));
  }

  private pairOf(id: string): KeyPair {
    let pair = this.pairs.get(id);
    if (!pair) {
      const der = Buffer.concat([PKCS8_ED25519, this.masterKey.derive('audit-seal', id)]);
      const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      pair = { privateKey, publicKey: createPublicKey(privateKey) };
      this.pairs.set(id, pair);
    }
    return pair;
  }
}

/** Reads a public key as {@link SealKey.publicKeyOf} returns it. Throws for anything else. */
export function publicSealKey(text: string): KeyObject {
  return createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
}

/** Whether a signature was made with the private key of a public one. */
export function isSignedWith(publicKey: KeyObject, { hash, signature }: Signed): boolean {
  return verify(null, Buffer.from(hash, 'hex'), publicKey, Buffer.from(signature, 'hex'));
}
