import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../../../platform/clock/clock.js';
import { FieldEncryption } from '../../../../platform/crypto/field-encryption.js';
import { SecretDependants } from '../../../../platform/crypto/secret-dependants.js';
import { UuidV7 } from '../../../../platform/crypto/uuid.js';
import type { TotpFactor } from './totp-factor.entity.js';

/** An authenticator app that somebody begins to enrol. */
export interface NewApp extends Pick<TotpFactor, 'userId' | 'sessionId' | 'name'> {
  /** In base 32. */
  readonly secret: string;
}

/** Creates the rows of authenticator apps. Their secrets are encrypted, and bound to the row and its user. */
@Injectable()
export class TotpSecrets implements OnModuleInit {
  constructor(
    private readonly encryption: FieldEncryption,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
    private readonly dependants: SecretDependants,
  ) {}

  onModuleInit(): void {
    this.dependants.registerColumn({
      kind: 'authenticator-apps',
      table: 'totp_factors',
      id: 'id',
      column: 'sealed_secret',
      needs: ['user_id'],
      purpose: 'totp-secret',
      contextOf: ({ id, user_id: userId }) => contextOf({ id, userId: String(userId) }),
    });
  }

  /** Creates a pending factor. Nothing is stored. */
  newFactor({ secret, ...app }: NewApp): TotpFactor {
    const id = this.ids.next();
    const sealedSecret = this.encryption.encrypt(
      'totp-secret',
      contextOf({ id, userId: app.userId }),
      secret,
    );
    const createdAt = this.clock.now();
    return { ...app, id, sealedSecret, createdAt, lastStep: null, confirmedAt: null, lastUsedAt: null };
  }

  /** Returns the secret. Throws if the master secret differs, or if anybody else has written the row. */
  open(factor: Pick<TotpFactor, 'id' | 'userId' | 'sealedSecret'>): string {
    return this.encryption.decrypt('totp-secret', contextOf(factor), factor.sealedSecret).toString();
  }
}

const contextOf = ({ id, userId }: Pick<TotpFactor, 'id' | 'userId'>) => JSON.stringify([id, userId]);
