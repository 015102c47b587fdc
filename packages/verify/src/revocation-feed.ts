import { setTimeout as delay } from 'node:timers/promises';
import { INTERVAL_MS, type Pace } from './pace.js';
import { type Revocation, RevocationList } from './revocation-list.js';
import { CursorExpired, Unusable } from './revocation-request.js';
import {
  AheadOfTime,
  RevocationStream,
  SLACK_MS,
  type StreamListener,
  type StreamSettings,
} from './revocation-stream.js';

/** The settings of the streams, and the list that they fill. */
export interface FeedSettings extends StreamSettings {
  readonly list: RevocationList;
}

/** The longest wait between two tries to reach the service, milliseconds. */
const MAX_PAUSE_MS = 2000;

/** How long verifications wait for the first answer, counted from the first one of them, milliseconds. */
const FIRST_ANSWER_MS = 5000;

/** How long a verification waits for the next line if what is known is too old, milliseconds. */
const NEXT_LINE_MS = 500;

/** How many verifications wait at once. While the service is away, the others are refused at once. */
const MAX_WAITING = 1000;

/**
 * Follows the list of revocations by one open request, and by another one as soon as that may be late. The former one counts
 * until the other one has begun.
 */
export class RevocationFeed implements StreamListener {
  private readonly closing = new AbortController();
  private readonly first = Promise.withResolvers<void>();
  private readonly streams = new Set<RevocationStream>();
  private isAwaited = false;
  /** Called for each line. */
  private readonly waiting = new Set<() => void>();
  private cursor: string | null = null;
  /** Of the stream that knows most. */
  private pace: Pace | null = null;
  private lastFailure: unknown = null;

  constructor(private readonly settings: FeedSettings) {
    void this.follow();
  }

  /** Whether everything is known that was revoked longer ago than allowed. */
  isFresh(): boolean {
    const known = this.pace?.knownUpToMs() ?? null;
    if (known === null || !this.pace) return false;
    const now = performance.now();
    const { maxStalenessMs } = this.settings;
    return now - known <= maxStalenessMs + SLACK_MS && now - this.pace.lastLineMs <= maxStalenessMs;
  }

  /**
   * Resolves with whether everything is known, at once if it is, and otherwise after the line that says so, or half a second. A
   * process that was stopped for a while, such as by its platform between two requests, knows it as soon as it has asked again.
   */
  async becomesFresh(): Promise<boolean> {
    if (this.isFresh()) return true;
    if (this.isInVain() || this.waiting.size >= MAX_WAITING) return false;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      const look = () => {
        if (this.isFresh() || this.isInVain()) end();
      };
      const timer = setTimeout(end, NEXT_LINE_MS);
      this.waiting.add(look);
    });
    return this.isFresh();
  }

  /** Why nothing has been learned since the last line, if a request failed since. */
  get failure(): unknown {
    return this.lastFailure;
  }

  /**
   * Resolves with the first answer, be it a refusal of the key or one that cannot be used, or five seconds after the first
   * call: while the service is away, only that waits so long.
   */
  begun(): Promise<void> {
    if (!this.isAwaited) {
      this.isAwaited = true;
      const timer = setTimeout(this.first.resolve, FIRST_ANSWER_MS);
      void this.first.promise.then(() => clearTimeout(timer));
    }
    return this.first.promise;
  }

  /** Stops following. */
  close(): void {
    this.closing.abort();
    for (const stream of this.streams) stream.end();
    this.first.resolve();
    this.tellWaiting();
  }

  revoked(item: Revocation): void {
    this.settings.list.add(item);
    this.cursor = item.cursor;
  }

  known({ pace }: RevocationStream): void {
    if ((this.pace?.knownUpToMs() ?? 0) > pace.knownUpToMs()!) return;
    this.pace = pace;
    this.lastFailure = null;
    this.first.resolve();
    this.tellWaiting();
  }

  failed({ pace }: RevocationStream, error: unknown): void {
    this.lastFailure = error;
    // Nothing of what is known is forgotten: items stay until their tokens have expired.
    if (error instanceof CursorExpired) this.cursor = null;
    if (error instanceof AheadOfTime && this.pace === pace) this.pace = null;
    if (error instanceof Unusable) this.first.resolve();
    this.tellWaiting();
  }

  private tellWaiting(): void {
    for (const look of this.waiting) look();
  }

  /** Whether no line will come soon: the feed is closed, or the last answer was one that cannot be used. */
  private isInVain(): boolean {
    return this.closing.signal.aborted || this.lastFailure instanceof Unusable;
  }

  private async follow(): Promise<void> {
    let current: RevocationStream | null = null;
    let pause = 0;
    while (!this.closing.signal.aborted) {
      const startedMs = performance.now();
      const next = new RevocationStream(this.settings, this.cursor, this);
      this.streams.add(next);
      const isBetter = (await next.begun) && this.pace === next.pace;
      const former: RevocationStream | null = isBetter ? current : next;
      if (isBetter) current = next;
      if (former) this.drop(former);
      pause = isBetter ? 0 : Math.min(MAX_PAUSE_MS, pause * 2 + 100);
      const wait = Math.max(pause, startedMs + INTERVAL_MS - performance.now());
      if (wait > 0) await delay(wait, undefined, { signal: this.closing.signal }).catch(() => undefined);
      await current?.due();
    }
  }

  private drop(stream: RevocationStream): void {
    stream.end();
    this.streams.delete(stream);
  }
}
