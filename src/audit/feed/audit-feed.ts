import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { isUuid } from '../../platform/crypto/uuid.js';
import type { AuditEntry } from '../audit-entry.js';
import { EntriesRepository, type EntryTable, type StoredEntry } from '../entry/entries.repository.js';
import { FeedCursor } from './feed-cursor.js';

/** Entries in the order in which they are final, and where to go on. */
export interface FeedPage {
  readonly entries: readonly AuditEntry[];
  /** Opaque; may be stored and given to any instance. */
  readonly position: string;
}

/** What a reader of the feed receives in addition to the events. */
export interface FeedOptions {
  /** Whether API calls are wanted beside the events. */
  readonly calls?: boolean;
}

/**
 * The trail as it grows, for readers that must see every entry of every instance once: an entry appears when no
 * transaction that could still put one before it is open, so nothing is ever skipped. Usually that is at once; a
 * writing transaction that stays open, anywhere in the cluster, holds the feed back for as long.
 */
@Injectable()
export class AuditFeed {
  /** The position before the first entry. */
  readonly beginning = new FeedCursor(0).toString();

  constructor(
    private readonly entries: EntriesRepository,
    private readonly clock: Clock,
  ) {}

  /** Up to `limit` entries after a position; after null there are none, and the position is the present end. */
  async readAfter(
    position: string | null,
    limit: number,
    { calls = false }: FeedOptions = {},
  ): Promise<FeedPage> {
    const horizon = await this.entries.horizon();
    if (position === null) return { entries: [], position: new FeedCursor(horizon).toString() };
    const cursor = FeedCursor.parse(position);
    const tables: EntryTable[] = calls ? ['audit_events', 'audit_calls'] : ['audit_events'];
    const range = { from: cursor.position, to: Math.max(horizon, cursor.position), limit };
    const pages = await Promise.all(tables.map((table) => this.entries.inOrder(table, range)));
    const end = Math.min(...pages.map((page) => page.end));
    const found = pages
      .flatMap((page) => page.entries)
      .filter((entry) => entry.position < end && cursor.isBefore(entry))
      .sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));
    const next = found.length > limit ? FeedCursor.at(found[limit - 1]!) : new FeedCursor(end);
    return { entries: found.slice(0, limit).map(withoutStorage), position: next.toString() };
  }

  /** For how long a reader at a position has left the next event unread, whatever holds it back; 0 when there is none. */
  async secondsBehind(position: string): Promise<number> {
    return this.entries.ageAfter(FeedCursor.parse(position), this.clock);
  }

  /** The position right after an entry, by its id, or that position itself; null when there is no such entry (any more). */
  async positionAfter(id: string): Promise<string | null> {
    if (FeedCursor.isCursor(id)) return id;
    if (!isUuid(id)) return null;
    const position = await this.entries.positionOf(id);
    return position === null ? null : FeedCursor.at({ position, id }).toString();
  }
}

function withoutStorage({
  position: _position,
  digest: _digest,
  mac: _mac,
  ...entry
}: StoredEntry): AuditEntry {
  return entry;
}
