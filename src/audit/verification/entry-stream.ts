import type { EntriesRepository, EntryPage, EntryTable, StoredEntry } from '../entry/entries.repository.js';
import type { Pace } from './pace.js';

/** Most entries of a chunk. */
const CHUNK = 100;

/** Reads the entries of a table in the order of their positions, page by page, prefetching one page. */
export class EntryStream {
  private page: StoredEntry[] = [];
  private at = 0;
  private ahead: Promise<EntryPage> | null = null;

  constructor(
    private readonly entries: EntriesRepository,
    private readonly table: EntryTable,
    private from: number,
    private readonly pace: Pace,
  ) {}

  /**
   * Yields the unread entries with positions below `to`, in chunks, at the pace of the verification. Prefetched pages may
   * extend to `final`, the position below which no entries are added any more.
   */
  async *below(to: number, final: number): AsyncGenerator<StoredEntry[]> {
    for (;;) {
      if (this.at === this.page.length && !(await this.load(final))) return;
      const start = this.at;
      const end = Math.min(this.page.length, start + CHUNK);
      while (this.at < end && this.page[this.at]!.position < to) this.at += 1;
      const chunk = this.page.slice(start, this.at);
      if (chunk.length > 0) yield chunk;
      await this.pace.worked(chunk.length);
      if (this.at < end) return;
    }
  }

  private async load(final: number): Promise<boolean> {
    if (this.from >= final) return false;
    const { entries, end } = await (this.ahead ?? this.read(this.from, final));
    this.ahead = end < final ? this.read(end, final) : null;
    this.page = entries;
    this.from = end;
    this.at = 0;
    return entries.length > 0;
  }

  private read(from: number, final: number): Promise<EntryPage> {
    const page = this.entries.inOrder(this.table, { from, to: final, limit: this.pace.pageSize });
    // If the walk is aborted, the prefetched page is never awaited, nor is its failure.
    page.catch(() => undefined);
    return page;
  }
}
