import { Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { Clock } from '../../../../platform/clock/clock.js';
import { MasterKey } from '../../../../platform/crypto/master-key.js';
import { UuidV7 } from '../../../../platform/crypto/uuid.js';
import type { Passkey } from './passkey.entity.js';

/** A credential whose registration was verified. */
export type NewPasskey = Pick<
  Passkey,
  'userId' | 'name' | 'credentialId' | 'publicKey' | 'counter' | 'transports' | 'synced'
>;

type Authenticated = Pick<Passkey, 'id' | 'userId' | 'credentialId' | 'publicKey' | 'userHandle'>;

/**
 * Creates the rows of passkeys. Each is authenticated with the master secret: whoever can write to the table, but does not
 * know the secret, can neither add a key to an account nor move one to another.
 */
@Injectable()
export class PasskeyRows {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /**
   * The identifier under which authenticators store the passkeys of a user: 32 bytes that say nothing about the account
   * (WebAuthn level 3, section 14.6.1).
   */
  userHandleOf(userId: string): Buffer {
    return this.masterKey.mac('passkey-user-handle', userId);
  }

  /** Creates a row. Nothing is stored. */
  newPasskey(passkey: NewPasskey): Passkey {
    const id = this.ids.next();
    const userHandle = this.userHandleOf(passkey.userId);
    const at = this.clock.now();
    const row = { ...passkey, id, userHandle, createdAt: at, lastUsedAt: at };
    return { ...row, rowMac: this.macOf(row) };
  }

  /** Returns whether this installation has written the row. */
  isAuthentic(passkey: Authenticated & Pick<Passkey, 'rowMac'>): boolean {
    const expected = this.macOf(passkey);
    return passkey.rowMac.length === expected.length && timingSafeEqual(passkey.rowMac, expected);
  }

  private macOf({ id, userId, credentialId, publicKey, userHandle }: Authenticated): Buffer {
    const bytes = [credentialId, publicKey, userHandle].map((value) => value.toString('base64'));
    return this.masterKey.mac('passkey-row', JSON.stringify([id, userId, ...bytes]));
  }
}
