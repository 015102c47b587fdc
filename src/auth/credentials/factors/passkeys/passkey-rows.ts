import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../../../platform/clock/clock.js';
import { Randomness } from '../../../../platform/crypto/randomness.js';
import { FieldEncryption } from '../../../../platform/crypto/field-encryption.js';
import { SecretDependants } from '../../../../platform/crypto/secret-dependants.js';
import { UuidV7 } from '../../../../platform/crypto/uuid.js';
import { notBeforeLogin } from '../../../../users/login-order.js';
import type { Passkey } from './passkey.entity.js';

/** A credential whose registration was verified. */
export type NewPasskey = Pick<
  Passkey,
  'userId' | 'name' | 'credentialId' | 'publicKey' | 'userHandle' | 'counter' | 'transports' | 'synced'
>;

type Authenticated = Pick<Passkey, 'id' | 'userId' | 'credentialId' | 'publicKey' | 'userHandle'>;

/** What authenticators store with a credential; it says nothing about the account (WebAuthn level 3, section 14.6.1). */
const HANDLE_BYTES = 32;

/**
 * Creates the rows of passkeys. Each is sealed with the master secret: whoever can write to the table, but does not know the
 * secret, can neither add a key to an account nor move one to another.
 */
@Injectable()
export class PasskeyRows implements OnModuleInit {
  constructor(
    private readonly encryption: FieldEncryption,
    private readonly ids: UuidV7,
    private readonly randomness: Randomness,
    private readonly clock: Clock,
    private readonly dependants: SecretDependants,
  ) {}

  onModuleInit(): void {
    this.dependants.registerColumn({
      kind: 'passkeys',
      table: 'passkeys',
      id: 'id',
      column: 'row_seal',
      needs: ['user_id', 'credential_id', 'public_key', 'user_handle'],
      purpose: 'passkey-row',
      contextOf: (row) =>
        contextOf({
          id: row.id,
          userId: String(row['user_id']),
          credentialId: row['credential_id'] as Buffer,
          publicKey: row['public_key'] as Buffer,
          userHandle: row['user_handle'] as Buffer,
        }),
    });
  }

  /** The handle for a further passkey of a user: that of the others, so that authenticators know them as one account. */
  userHandleFor(existing: readonly Passkey[]): Buffer {
    return existing[0]?.userHandle ?? this.randomness.bytes(HANDLE_BYTES);
  }

  /** Creates a row for an account with this latest login. Nothing is stored. */
  newPasskey(passkey: NewPasskey, lastLoginAt: Date | null): Passkey {
    const id = this.ids.next();
    const at = notBeforeLogin(lastLoginAt, this.clock.now());
    const row = { ...passkey, id, createdAt: at, lastUsedAt: at };
    return { ...row, rowSeal: this.encryption.encrypt('passkey-row', contextOf(row), '') };
  }

  /** Returns whether this installation has written the row. */
  isAuthentic(passkey: Authenticated & Pick<Passkey, 'rowSeal'>): boolean {
    try {
      this.encryption.decrypt('passkey-row', contextOf(passkey), passkey.rowSeal);
      return true;
    } catch {
      return false;
    }
  }
}

function contextOf({ id, userId, credentialId, publicKey, userHandle }: Authenticated): string {
  const bytes = [credentialId, publicKey, userHandle].map((value) => value.toString('base64'));
  return JSON.stringify([id, userId, ...bytes]);
}
