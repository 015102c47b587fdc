import { Injectable } from '@nestjs/common';
import { FieldEncryption } from '../../platform/crypto/field-encryption.js';
import { unacceptable } from '../../platform/errors/unacceptable.js';
import type { AccountFilter, AccountPlace } from './account-list.repository.js';

/**
 * Cursors of the list of accounts. They are encrypted, because they contain an address or a name and URLs are logged by
 * proxies, and authenticated together with the filter: a cursor works only for the list that it came from.
 */
@Injectable()
export class AccountCursor {
  constructor(private readonly encryption: FieldEncryption) {}

  after(place: AccountPlace, filter: AccountFilter): string {
    const { part, key, id } = place;
    return this.encryption
      .encrypt('account-cursor', contextOf(filter), JSON.stringify([part, key, id]))
      .toString('base64url');
  }

  /** Throws `validation_failed` for anything but a cursor of the same list. */
  placeOf(cursor: string, filter: AccountFilter): AccountPlace {
    try {
      const sealed = Buffer.from(cursor, 'base64url');
      // Characters that are not base64url would be skipped.
      if (sealed.toString('base64url') !== cursor) throw new Error('The cursor has another spelling.');
      const opened = this.encryption.decrypt('account-cursor', contextOf(filter), sealed).toString();
      const [part, key, id] = JSON.parse(opened) as [0 | 1, string, string];
      return { part, key, id };
    } catch {
      throw unacceptable('#/cursor', 'cursor must be the nextCursor of a page with the same filters');
    }
  }
}

const contextOf = ({ search, role, status }: AccountFilter) =>
  JSON.stringify([search ?? null, role ?? null, status ?? null]);
