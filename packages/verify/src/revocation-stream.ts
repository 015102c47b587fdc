import { setTimeout as delay } from 'node:timers/promises';
import { INTERVAL_MS, Pace } from './pace.js';
import type { Revocation } from './revocation-list.js';
import { revocationLines } from './revocation-request.js';

/** Where the list is, and how late it may be. */
export interface StreamSettings {
  readonly url: string;
  readonly key: string;
  readonly maxStalenessMs: number;
}

/** Who is told what a stream brings. */
export interface StreamListener {
  revoked(item: Revocation): void;
  /** The list is known up to `stream.pace.knownUpToMs()`. */
  known(stream: RevocationStream): void;
  /** The stream is over because of an error. */
  failed(stream: RevocationStream, error: unknown): void;
}

/** What the service itself may take until a revocation is in the list, half of what it promises, milliseconds. */
export const SLACK_MS = 500;

/** The longest time that a stream may take to begin, milliseconds. */
const MAX_OPENING_MS = 2000;

/** There were more readings than there can have been. */
export class AheadOfTime extends Error {}

/** One open request for the list of revocations, from its beginning until its end. */
export class RevocationStream {
  readonly pace = new Pace(performance.now());
  /** Whether the stream has told up to when the list is known; false once it is over without that. */
  readonly begun: Promise<boolean>;
  private readonly beginning = Promise.withResolvers<boolean>();
  private readonly over = new AbortController();
  private readonly opening: NodeJS.Timeout;
  private openedMs = 0;

  constructor(
    private readonly settings: StreamSettings,
    private cursor: string | null,
    private readonly listener: StreamListener,
  ) {
    this.begun = this.beginning.promise;
    this.opening = setTimeout(
      () => this.fail(new Error('The list of revocations was not answered in time.')),
      Math.min(MAX_OPENING_MS, settings.maxStalenessMs),
    );
    void this.run();
  }

  /**
   * Resolves when another stream should be opened, while this one still counts: because it has ended, has been silent for more
   * than two intervals, or has fallen behind.
   */
  async due(): Promise<void> {
    for (;;) {
      const waitMs = this.dueMs() - performance.now();
      if (waitMs <= 0 || this.over.signal.aborted) return;
      await delay(waitMs, undefined, { signal: this.over.signal }).catch(() => undefined);
    }
  }

  end(): void {
    clearTimeout(this.opening);
    this.over.abort();
    this.beginning.resolve(false);
  }

  private async run(): Promise<void> {
    try {
      for await (const lines of revocationLines(this.settings, this.cursor, this.over.signal))
        this.take(lines);
      this.end();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (!this.over.signal.aborted) this.listener.failed(this, error);
    this.end();
  }

  private take(lines: readonly string[]): void {
    for (const line of lines) {
      if (line === '') continue;
      const item = JSON.parse(line) as Revocation;
      if (this.cursor !== null && Number(item.cursor) <= Number(this.cursor))
        throw new Error('The list of revocations goes back.');
      this.listener.revoked(item);
      this.cursor = item.cursor;
    }
    const now = performance.now();
    this.pace.note(now, lines);
    if (this.pace.isImpossible(now)) throw new AheadOfTime('The list of revocations is ahead of the time.');
    if (this.pace.knownUpToMs() === null) {
      this.opening.refresh();
      return;
    }
    if (this.openedMs === 0) this.openedMs = now;
    clearTimeout(this.opening);
    this.listener.known(this);
    this.beginning.resolve(true);
  }

  /** With the least staleness, 600 ms after the last line, or 400 ms before what is known is too old. */
  private dueMs(): number {
    const { maxStalenessMs } = this.settings;
    const silentMs = this.pace.lastLineMs + Math.min(4 * INTERVAL_MS, 0.6 * maxStalenessMs);
    const boundMs = maxStalenessMs + SLACK_MS;
    const marginMs = Math.min(4 * INTERVAL_MS, 0.4 * maxStalenessMs);
    // Another stream would be no better than this one was at its beginning, if that took long.
    const usualMs = this.openedMs - this.pace.requestedMs + 3 * INTERVAL_MS;
    const lateMs = this.pace.knownUpToMs()! + Math.min(boundMs - 100, Math.max(boundMs - marginMs, usualMs));
    return Math.min(silentMs, lateMs);
  }
}
