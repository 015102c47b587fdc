import { Freshness } from './freshness.js';

/** Milliseconds between two reads. Several fit into the time for which what was read is current. */
const INTERVAL_MS = 300;

/**
 * Reads what other processes have changed, several times a second and one read at a time, and knows how recent the last
 * successful read is. The timer does not keep the process alive.
 */
export class FeedPoll {
  private readonly freshness = new Freshness();
  private firstRead: Promise<void> | null = null;
  private timer?: NodeJS.Timeout;
  private stopped = false;

  /** While `read` runs, `isCurrent` tells of the previous reads. */
  constructor(
    private readonly read: () => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Whether all changes until a second ago are known. */
  get isCurrent(): boolean {
    return this.freshness.isCurrent;
  }

  /** Begins to read, unless it has begun; resolves when the first read has succeeded or failed. */
  start(): Promise<void> {
    return (this.firstRead ??= this.poll());
  }

  /** Ends the reads; one that is under way is the last. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async poll(): Promise<void> {
    // What changes during a read may not be in its result.
    const startedMs = performance.now();
    try {
      await this.read();
      this.freshness.confirm(startedMs);
    } catch (error) {
      this.onFailure(error);
    }
    if (!this.stopped) this.timer = setTimeout(() => void this.poll(), INTERVAL_MS).unref();
  }
}
