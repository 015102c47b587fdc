import { Injectable } from '@nestjs/common';
import { PasskeyRows } from '../../auth/credentials/factors/passkeys/passkey-rows.js';
import { PasskeysRepository } from '../../auth/credentials/factors/passkeys/passkeys.repository.js';
import { RelyingParty } from '../../auth/credentials/factors/passkeys/relying-party.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { TransferredPasskeyDto } from './transferred-passkey.dto.js';
import type { PreparedAccount } from './prepared-account.js';
import { statementParts } from './statement-parts.js';

/** A row of passkeys, its binary columns in hex. */
export interface StoredPasskey extends Omit<TransferredPasskeyDto, 'rpId'> {
  readonly id: string;
  readonly rowSeal: string;
}

/** Passkeys in accounts that are exported and imported. They work on the pages of one domain only. */
@Injectable()
export class TransferredPasskeys {
  constructor(
    private readonly rows: PasskeyRows,
    private readonly passkeys: PasskeysRepository,
    private readonly party: RelyingParty,
  ) {}

  /** Returns the passkeys of a user as they are exported; rows that this installation has not written are left out. */
  exported(userId: string, stored: readonly StoredPasskey[]): TransferredPasskeyDto[] {
    return stored.flatMap(({ id, rowSeal, ...passkey }) => {
      const [credentialId, publicKey, userHandle, seal] = [
        passkey.credentialId,
        passkey.publicKey,
        passkey.userHandle,
        rowSeal,
      ].map((hex) => Buffer.from(hex, 'hex')) as [Buffer, Buffer, Buffer, Buffer];
      if (!this.rows.isAuthentic({ id, userId, credentialId, publicKey, userHandle, rowSeal: seal }))
        return [];
      return [
        {
          ...passkey,
          credentialId: credentialId.toString('base64url'),
          publicKey: publicKey.toString('base64url'),
          userHandle: userHandle.toString('base64url'),
          rpId: this.party.domain ?? '',
        },
      ];
    });
  }

  /** Returns why passkeys cannot be imported here; null if they can. */
  faultOf(passkeys: readonly TransferredPasskeyDto[]): string | null {
    const foreign = passkeys.find(({ rpId }) => rpId !== this.party.domain);
    if (!foreign) return null;
    return `passkeys are for the domain ${JSON.stringify(foreign.rpId)}, and those of this service for ${this.party.domain ?? 'none'}`;
  }

  /** Returns those of the credentials that are registered. */
  async registered(passkeys: readonly TransferredPasskeyDto[]): Promise<Set<string>> {
    const ids = passkeys.map(({ credentialId }) => bytesOf(credentialId));
    const found = await this.passkeys.findRegistered(ids);
    return new Set(found.map((id) => id.toString('base64url')));
  }

  /** Writes the passkeys of imported accounts. A credential that was registered meanwhile is left out. */
  async insert(tx: Transaction, accounts: readonly PreparedAccount[]): Promise<void> {
    const passkeys = accounts.flatMap(({ user, row: { account } }) =>
      (account.passkeys ?? []).map(({ name, counter, transports, synced, ...bytes }) => {
        const row = this.rows.newPasskey(
          {
            userId: user.id,
            name,
            counter,
            transports,
            synced,
            credentialId: bytesOf(bytes.credentialId),
            publicKey: bytesOf(bytes.publicKey),
            userHandle: bytesOf(bytes.userHandle),
          },
          user.lastLoginAt,
        );
        return Object.assign(row, { lastUsedAt: null });
      }),
    );
    for (const part of statementParts(passkeys)) await this.passkeys.insertAll(tx, part);
  }
}

const bytesOf = (text: string) => Buffer.from(text, 'base64url');
