import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { WorkThrottle } from '../../platform/clock/work-throttle.js';
import type { AuditEntry } from '../audit-entry.js';
import type { EntryProof } from '../entry/sealed-form.js';
import type { AuditFilterDto } from './dto/audit-filter.dto.js';
import type { AuditListDto } from './dto/audit-list.dto.js';
import { TrailCursor } from './trail-cursor.js';
import { MAX_DAYS, type TrailPlace, type TrailQuery, trailQuery } from './trail-query.js';
import { erasedOwners, type ProvenEntry, provenEntry } from './proven-entry.js';
import { TrailRepository } from './trail.repository.js';

/** How far a clock may have been ahead: one day. */
const AHEAD_MS = 86_400_000;

/** Entries of an export read at a time. */
const CHUNK = 200;

/** A page of entries, and the cursor of the next page; null on the last page. */
export interface Page {
  readonly items: AuditEntry[];
  readonly nextCursor: string | null;
}

/** Reads the trail for administrators and auditors. */
@Injectable()
export class TrailReader {
  constructor(
    private readonly repository: TrailRepository,
    private readonly cursors: TrailCursor,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns a page of the entries that match a filter, newest first. Throws `validation_failed` for an invalid
   * filter.
   */
  async list({ cursor, limit, ...filter }: AuditListDto): Promise<Page> {
    const query = trailQuery(filter, this.clock.now(), MAX_DAYS.page);
    // Include entries recorded while a clock was ahead.
    const to = filter.to === undefined ? new Date(query.to.getTime() + AHEAD_MS) : query.to;
    return this.page({ ...query, to }, limit, cursor);
  }

  /** Returns a page, newest first. Throws `validation_failed` for a cursor of another list. */
  async page(first: TrailQuery, limit: number, cursor?: string): Promise<Page> {
    const { query, after } =
      cursor === undefined ? { query: first, after: null } : this.cursors.resume(cursor, first);
    const found = await this.repository.page(query, { newestFirst: true, after, limit: limit + 1 });
    const items = found.slice(0, limit);
    return { items, nextCursor: found.length > limit ? this.cursors.after(items.at(-1)!, query) : null };
  }

  /** Checks the filter of an export. Throws `validation_failed`. */
  exportQuery(filter: AuditFilterDto): TrailQuery {
    return trailQuery(filter, this.clock.now(), MAX_DAYS.export);
  }

  /**
   * Returns all entries with what proves them, oldest first, in chunks with pauses between them, so that neither memory use
   * nor the length of transactions nor the wait of requests grows with the export. Whatever the query, the events that explain
   * erased members follow.
   */
  async *all(query: TrailQuery): AsyncGenerator<ProvenEntry[]> {
    const throttle = new WorkThrottle();
    const unexplained = new Set<string>();
    const explained = new Set<string | null>();
    let after: TrailPlace | null = null;
    let isLast = false;
    while (!isLast) {
      const page: (AuditEntry & EntryProof)[] = await this.repository.provenPage(query, {
        newestFirst: false,
        after,
        limit: CHUNK,
      });
      const entries = page.map(provenEntry);
      for (const entry of entries) {
        for (const id of erasedOwners(entry)) unexplained.add(id);
        if (entry.type === 'personal_data_erased') explained.add(entry.userId);
      }
      if (entries.length > 0) yield entries;
      await throttle.worked(entries.length);
      isLast = entries.length < CHUNK;
      after = entries.at(-1) ?? null;
    }
    const missing = [...unexplained].filter((id) => !explained.has(id));
    if (missing.length > 0) yield (await this.repository.erasuresOf(missing)).map(provenEntry);
  }
}
