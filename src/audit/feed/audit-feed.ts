import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { isUuid } from '../../platform/crypto/uuid.js';
import type { AuditEntry } from '../audit-entry.js';
import { EntriesRepository, type EntryTable, type StoredEntry } from '../entry/entries.repository.js';
import { FeedCursor } from './feed-cursor.js';

/** A page of entries in the order in which they become final, and the position from which to continue. */
export interface FeedPage {
  readonly entries: readonly AuditEntry[];
  /** Opaque. It may be stored, and passed to any instance. */
  readonly position: string;
}

/** What a reader of the feed receives in addition to the events. */
export interface FeedOptions {
  /** Whether to include API calls. */
  readonly calls?: boolean;
}

/**
 * The trail as it grows, for readers that must see every entry of every instance exactly once. An entry appears when
 * no open transaction can still insert one before it, so nothing is ever skipped. Usually this is immediate, but a
 * writing transaction that stays open anywhere in the cluster delays the feed for as long.
 */
@Injectable()
export class AuditFeed {
  /** The position before the first entry. */
  readonly beginning = new FeedCursor(0).toString();

  constructor(
    private readonly entries: EntriesRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns up to `limit` entries after a position. For null, returns no entries and the current end as the position.
   */
  async readAfter(
    position: string | null,
    limit: number,
    { calls = false }: FeedOptions = {},
  ): Promise<FeedPage> {
    const horizon = await this.entries.horizon();
    if (position === null) return { entries: [], position: new FeedCursor(horizon).toString() };
    const cursor = FeedCursor.parse(position);
    // On an idle service, this is nearly always the case: everything final comes before the horizon.
    if (horizon <= cursor.position) return { entries: [], position };
    const tables: EntryTable[] = calls ? ['audit_events', 'audit_calls'] : ['audit_events'];
    const range = { from: cursor.position, to: horizon, limit };
    const pages = await Promise.all(tables.map((table) => this.entries.inOrder(table, range)));
    const end = Math.min(...pages.map((page) => page.end));
    const found = pages
      .flatMap((page) => page.entries)
      .filter((entry) => entry.position < end && cursor.isBefore(entry))
      .sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));
    const next = found.length > limit ? FeedCursor.at(found[limit - 1]!) : new FeedCursor(end);
    return { entries: found.slice(0, limit).map(withoutStorage), position: next.toString() };
  }

  /**
   * Returns how long the next event after a reader's position has been waiting, for whatever reason; 0 if there is
   * none.
   */
  async secondsBehind(position: string): Promise<number> {
    return this.entries.ageAfter(FeedCursor.parse(position), this.clock);
  }

  /**
   * Returns the position after the entry with this id. A position is returned unchanged; null if the entry does not
   * exist (any more).
   */
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
  originSalt: _originSalt,
  originCommitment: _originCommitment,
  detailsSalt: _detailsSalt,
  detailsCommitment: _detailsCommitment,
  ...entry
}: StoredEntry): AuditEntry {
  return entry;
}
