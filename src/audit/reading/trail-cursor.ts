import { Injectable } from '@nestjs/common';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { canonicalJson } from '../entry/canonical-entry.js';
import { timeOfEntry } from '../entry/entry-id.js';
import { unacceptable } from '../../platform/errors/unacceptable.js';
import type { TrailPlace, TrailQuery } from './trail-query.js';

const MAC_BYTES = 16;

/**
 * Cursors of pages. A cursor contains the time range, which must not move from page to page, and the last entry of
 * the previous page. It is authenticated together with the filters: it works only for the list it came from and
 * cannot be forged.
 */
@Injectable()
export class TrailCursor {
  constructor(private readonly masterKey: MasterKey) {}

  after({ id, time }: TrailPlace, { from, to, ...filter }: TrailQuery): string {
    const place = `${from.getTime()} ${to.getTime()} ${id} ${time}`;
    const mac = this.masterKey.mac('cursor', messageOf(place, filter)).subarray(0, MAC_BYTES);
    return Buffer.concat([mac, Buffer.from(place)]).toString('base64url');
  }

  /**
   * Returns the query of the next page and the place after which it starts. Throws `validation_failed` for a foreign
   * cursor.
   */
  resume(
    cursor: string,
    { from: _from, to: _to, ...filter }: TrailQuery,
  ): { query: TrailQuery; after: TrailPlace } {
    const bytes = Buffer.from(cursor, 'base64url');
    const place = bytes.subarray(MAC_BYTES).toString();
    const mac = bytes.subarray(0, MAC_BYTES);
    if (!this.masterKey.isMac('cursor', messageOf(place, filter), mac, MAC_BYTES)) {
      throw unacceptable('#/cursor', 'cursor must be the nextCursor of a page with the same filters');
    }
    // Cursors of the previous version end with the id.
    const [from, to, id, time] = place.split(' ') as [string, string, string, string | undefined];
    return {
      query: { from: new Date(Number(from)), to: new Date(Number(to)), ...filter },
      after: { id, time: time ?? timeOfEntry(id).toISOString() },
    };
  }
}

const messageOf = (place: string, filter: object) => `${place}\n${canonicalJson(filter)}`;
