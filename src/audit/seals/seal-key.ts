import { Injectable } from '@nestjs/common';
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { MasterKey } from '../../platform/crypto/master-key.js';

/** PKCS #8 header of an Ed25519 private key (RFC 8410 section 7); the 32-byte seed follows. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key pair that signs seals (Ed25519, RFC 8032), derived from the master secret and stored nowhere. */
@Injectable()
export class SealKey {
  /** SubjectPublicKeyInfo, DER, base64; sufficient for verification without access to the service. */
  readonly publicKey: string;
  private readonly privateKey: KeyObject;
  private readonly verificationKey: KeyObject;

  constructor(masterKey: MasterKey) {
    const der = Buffer.concat([PKCS8_ED25519, masterKey.derive('audit-seal')]);
    this.privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    this.verificationKey = createPublicKey(this.privateKey);
    this.publicKey = this.verificationKey.export({ format: 'der', type: 'spki' }).toString('base64');
  }

  /** Signs a seal's hash. Takes about 50 µs. */
  sign(hash: string): string {
    return sign(null, Buffer.from(hash, 'hex'), this.privateKey).toString('hex');
  }

  /** Whether the signature of a seal's hash was made with this key. Takes about 150 µs. */
  isOurs({ hash, signature }: { hash: string; signature: string }): boolean {
    return verify(null, Buffer.from(hash, 'hex'), this.verificationKey, Buffer.from(signature, 'hex'));
  }
}
