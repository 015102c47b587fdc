import { Injectable } from '@nestjs/common';
import { MasterKey } from '../../../../platform/crypto/master-key.js';

/**
 * The challenge that an authenticator signs (WebAuthn level 3, section 13.4.3). It is derived from the token of a single-use
 * secret, so that it is as fresh as the token, ends with it and is not stored.
 */
@Injectable()
export class CeremonyChallenge {
  constructor(private readonly masterKey: MasterKey) {}

  bytesOf(token: string): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.masterKey.mac('passkey-challenge', token));
  }

  /** Whether a challenge in client data, in base64url, is that of a token, under any master secret that is known. */
  isOf(token: string, signed: string): boolean {
    return this.masterKey.isMac('passkey-challenge', token, Buffer.from(signed, 'base64url'));
  }
}
