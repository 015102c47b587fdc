import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { StoredEntry } from '../entry/entries.repository.js';
import { EVENT_COLUMNS, EVENT_PROOF_COLUMNS } from '../entry/entry-columns.js';
import type { EntryKey } from './erasure-progress.js';

const FIRST_PLACE: EntryKey = { time: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/** Reads the events that state deletions, genuine or not. */
@Injectable()
export class DeletionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Returns the events that state the deletion of a person's account or the erasure of their data, the newest ones
   * first, after a place in that order.
   */
  async of(userId: string, after: EntryKey | null, limit: number): Promise<StoredEntry[]> {
    const { time, id } = after ?? FIRST_PLACE;
    return this.dataSource.query<StoredEntry[]>(
      `SELECT position::float8, encode(digest, 'hex') AS digest, encode(mac, 'hex') AS mac,
         ${EVENT_COLUMNS}, ${EVENT_PROOF_COLUMNS}
       FROM audit_events event
       WHERE event.user_id = $1 AND event.type IN ('user_deleted', 'personal_data_erased')
         AND (event.time, event.id) < ($2::timestamptz, $3::uuid)
       ORDER BY event.time DESC, event.id DESC LIMIT $4`,
      [userId, time, id, limit],
    );
  }

  /**
   * Returns those of the given people about whom there is an event. It may be of any type, so that the first one
   * suffices, however many there are.
   */
  async named(userIds: readonly string[]): Promise<string[]> {
    const found = await this.dataSource.query<{ userId: string }[]>(
      `SELECT person.id AS "userId" FROM unnest($1::uuid[]) AS person (id)
       WHERE EXISTS (SELECT FROM audit_events WHERE user_id = person.id)`,
      [userIds],
    );
    return found.map(({ userId }) => userId);
  }
}
