import { Injectable } from '@nestjs/common';
import { Sealing } from '../../platform/crypto/sealing.js';
import { unacceptable } from '../../platform/errors/unacceptable.js';
import type { AccountFilter, AccountPlace } from './account-list.repository.js';

/**
 * Cursors of the list of accounts. They are encrypted, because they contain an address or a name and URLs are logged by
 * proxies, and authenticated together with the filter: a cursor works only for the list that it came from.
 */
@Injectable()
export class AccountCursor {
  constructor(private readonly sealing: Sealing) {}

  after(place: AccountPlace, filter: AccountFilter): string {
    const { part, key, id } = place;
    return this.sealing
      .seal('account-cursor', contextOf(filter), JSON.stringify([part, key, id]))
      .toString('base64url');
  }

  /** Throws `validation_failed` for anything but a cursor of the same list. */
  placeOf(cursor: string, filter: AccountFilter): AccountPlace {
    try {
      const sealed = Buffer.from(cursor, 'base64url');
      const opened = this.sealing.open('account-cursor', contextOf(filter), sealed).toString();
      const [part, key, id] = JSON.parse(opened) as [0 | 1, string, string];
      return { part, key, id };
    } catch {
      throw unacceptable('#/cursor', 'cursor must be the nextCursor of a page with the same filters');
    }
  }
}

const contextOf = ({ search, role, status }: AccountFilter) =>
  JSON.stringify([search ?? null, role ?? null, status ?? null]);
