import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/transaction-runner.js';
import { FactorKindsRepository } from './factor-kinds.repository.js';
import type { FactorType } from './factor-names.js';
import type { Passkey } from './passkeys/passkey.entity.js';
import { PasskeysRepository } from './passkeys/passkeys.repository.js';
import type { TotpFactor } from './totp/totp-factor.entity.js';
import { TotpFactorsRepository } from './totp/totp-factors.repository.js';

/** A second factor of a user, of whatever kind. */
export interface RegisteredFactor {
  readonly id: string;
  readonly type: FactorType;
  readonly name: string;
  readonly createdAt: Date;
  /** When it became a factor. */
  readonly addedAt: Date;
  readonly lastUsedAt: Date | null;
  /** Whether it is copied to other devices; null where the service cannot know. */
  readonly synced: boolean | null;
}

/** The second factors of a user, of all kinds. */
@Injectable()
export class RegisteredFactors {
  constructor(
    private readonly kinds: FactorKindsRepository,
    private readonly totp: TotpFactorsRepository,
    private readonly passkeys: PasskeysRepository,
  ) {}

  /** Returns the kinds of which a user has a factor. */
  async kindsOf(userId: string, tx?: Transaction): Promise<FactorType[]> {
    return this.kinds.of(userId, tx);
  }

  /** Returns the factors, the oldest first. */
  async list(userId: string, tx?: Transaction): Promise<RegisteredFactor[]> {
    const apps = await this.totp.findConfirmed(userId, tx);
    const passkeys = await this.passkeys.findOfUser(userId, tx);
    return [...apps.map(ofApp), ...passkeys.map(ofPasskey)].toSorted(
      (one, other) => one.addedAt.getTime() - other.addedAt.getTime() || (one.id < other.id ? -1 : 1),
    );
  }

  /** Returns the factor; null if the user has no such factor. */
  async rename(userId: string, id: string, name: string): Promise<RegisteredFactor | null> {
    const passkey = await this.passkeys.rename(userId, id, name);
    if (passkey) return ofPasskey(passkey);
    const app = await this.totp.rename(userId, id, name);
    return app && ofApp(app);
  }

  /** Ends the enrolments of apps that a user has begun, except in the session `keptBy`. */
  async endEnrolments(tx: Transaction, userId: string, keptBy: string | null): Promise<void> {
    await this.totp.deletePending(tx, userId, keptBy);
  }

  /** Returns whether there was such a factor. */
  async delete(tx: Transaction, userId: string, { id, type }: RegisteredFactor): Promise<boolean> {
    return (type === 'totp' ? this.totp : this.passkeys).delete(tx, userId, id);
  }
}

const ofApp = ({ id, name, createdAt, confirmedAt, lastUsedAt }: TotpFactor): RegisteredFactor => ({
  id,
  type: 'totp',
  name,
  createdAt,
  addedAt: confirmedAt ?? createdAt,
  lastUsedAt,
  synced: null,
});

/** A passkey as a factor. */
export const ofPasskey = ({ id, name, createdAt, lastUsedAt, synced }: Passkey): RegisteredFactor => ({
  id,
  type: 'passkey',
  name,
  createdAt,
  addedAt: createdAt,
  lastUsedAt,
  synced,
});
