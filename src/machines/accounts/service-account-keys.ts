import { Injectable } from '@nestjs/common';
import type { Origin } from '../../platform/http/origin.js';
import type { IssuedKey, KeyDescription } from '../keys/key-issuing.js';
import { KeyLifecycle } from '../keys/key-lifecycle.js';
import type { KeyOwner } from '../keys/key-owner.js';
import { ServiceAccounts } from './service-accounts.js';

const ownerFrom = (id: string): KeyOwner => ({ kind: 'service-account', id });

/** The keys of service accounts, as managed by administrators. Every method throws `not_found` for an unknown account. */
@Injectable()
export class ServiceAccountKeys {
  constructor(
    private readonly accounts: ServiceAccounts,
    private readonly lifecycle: KeyLifecycle,
  ) {}

  /** Returns the owner of the keys of an account. */
  async ownerOf(accountId: string): Promise<KeyOwner> {
    return ownerFrom((await this.accounts.get(accountId)).id);
  }

  /** Throws `too_many_keys`. */
  async create(accountId: string, description: KeyDescription, origin: Origin): Promise<IssuedKey> {
    return this.accounts.locked(accountId, origin, (tx, { id }) =>
      this.lifecycle.create(tx, ownerFrom(id), description, origin),
    );
  }

  /** Throws `not_found`, `key_already_rotated` or `too_many_keys`. */
  async rotate(accountId: string, keyId: string, origin: Origin): Promise<IssuedKey> {
    return this.accounts.locked(accountId, origin, (tx, { id }) =>
      this.lifecycle.rotate(tx, ownerFrom(id), keyId, origin),
    );
  }

  /** Throws `not_found`. */
  async revoke(accountId: string, keyId: string, origin: Origin): Promise<void> {
    await this.accounts.locked(accountId, origin, (tx, { id }) =>
      this.lifecycle.revoke(tx, ownerFrom(id), keyId, 'revoked_by_administrator', origin),
    );
  }
}
