/** How often the service says that nothing was revoked, milliseconds. */
export const INTERVAL_MS = 250;

/** The most revocations that the service sends at once. */
const PAGE_SIZE = 1000;

/**
 * Derives from one stream how old the knowledge is that it brings. The service reads the list at most once in an interval
 * for each stream, so the n-th reading cannot be older than n intervals after the request. A stream that a proxy holds
 * back therefore looks as late as it is, also while its lines keep coming. Times are monotonic milliseconds.
 */
export class Pace {
  private readings = 0;
  private lastReadingMs = 0;
  /** Items since the last empty line. As many as a page holds may be followed by more at once. */
  private items = 0;
  /** When the last line came. */
  lastLineMs = 0;

  /** `requestedMs` is when the request was sent: nothing that the service answers is older. */
  constructor(readonly requestedMs: number) {}

  /** Notes lines that came together; each empty one is a reading, and so are all others together. */
  note(nowMs: number, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const empty = lines.filter((line) => line === '').length;
    this.items = empty > 0 ? 0 : this.items + lines.length;
    const isPage = this.readings > 0 && empty < lines.length && this.items < PAGE_SIZE;
    const isAnother = isPage && nowMs - this.lastReadingMs >= INTERVAL_MS * 0.8;
    if (empty > 0 || isAnother) this.lastReadingMs = nowMs;
    this.readings += empty + (isAnother ? 1 : 0);
    this.lastLineMs = nowMs;
  }

  /** The time up to which the list is known for certain; null before the first reading that found nothing more. */
  knownUpToMs(): number | null {
    if (this.readings === 0) return null;
    // Readings are shared by all streams, so the one after the first may follow at once.
    return this.requestedMs + Math.max(0, this.readings - 2) * INTERVAL_MS;
  }

  /** Whether there were more readings than there can have been: somebody has repeated lines. */
  isImpossible(nowMs: number): boolean {
    return (this.knownUpToMs() ?? 0) > nowMs + 4 * INTERVAL_MS;
  }
}
