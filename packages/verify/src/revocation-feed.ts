import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { INTERVAL_MS, Pace } from './pace.js';
import { type Revocation, RevocationList } from './revocation-list.js';

/** Where the list is, and how late it may be. */
export interface FeedSettings {
  readonly url: string;
  readonly key: string;
  readonly maxStalenessMs: number;
  readonly list: RevocationList;
}

/** What the service itself may take until a revocation is in the list, half of what it promises, milliseconds. */
const SLACK_MS = 500;

/** The longest wait between two tries to reach the service, milliseconds. */
const MAX_PAUSE_MS = 2000;

/** How long verifications wait for the first answer, counted from the first one of them, milliseconds. */
const FIRST_ANSWER_MS = 5000;

/** The list ends where the service says that the cursor is too old. */
class CursorExpired extends Error {}

/** The service was reached, and waiting for another answer would be in vain. */
class Unusable extends Error {}

/** Follows the list of revocations by one open request, and by another one as soon as that may be late. */
export class RevocationFeed {
  private readonly closing = new AbortController();
  private readonly first = Promise.withResolvers<void>();
  private isAwaited = false;
  private cursor: string | null = null;
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

  /** Why nothing has been learned since the last line, if a request failed since. */
  get failure(): unknown {
    return this.lastFailure;
  }

  /**
   * Resolves with the first answer, be it a refusal of the key or one that cannot be used, or five seconds after the first call: while the service is away,
   * only that waits.
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
    this.first.resolve();
  }

  private async follow(): Promise<void> {
    let pause = 0;
    while (!this.closing.signal.aborted) {
      const before = this.pace;
      const startedMs = performance.now();
      try {
        await this.stream();
      } catch (error) {
        this.lastFailure = error;
        // Nothing of what is known is forgotten: items stay until their tokens have expired.
        if (error instanceof CursorExpired) this.cursor = null;
        if (error instanceof Unusable) this.first.resolve();
      }
      pause = this.pace === before ? Math.min(MAX_PAUSE_MS, pause * 2 + 100) : 0;
      const wait = Math.max(pause, startedMs + INTERVAL_MS - performance.now());
      if (wait > 0) await delay(wait, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** One request, until it ends, falls silent or may be late. */
  private async stream(): Promise<void> {
    const { url, key, maxStalenessMs } = this.settings;
    const pace = new Pace(performance.now());
    const silence = new AbortController();
    const signal = AbortSignal.any([this.closing.signal, silence.signal]);
    const longestMs = Math.max(maxStalenessMs, 4 * INTERVAL_MS);
    const watchdog = setTimeout(() => silence.abort(), longestMs);
    // An answer that a cache or an attacker has recorded earlier has another id.
    const requestId = randomUUID();
    try {
      const response = await fetch(this.cursor === null ? url : `${url}?after=${this.cursor}`, {
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/x-ndjson',
          'x-request-id': requestId,
        },
        redirect: 'error',
        signal,
      });
      if (response.status === 410)
        throw new CursorExpired('The position in the list of revocations is too old.');
      if (response.status === 401 || response.status === 403)
        throw new Unusable(
          `The API key is not valid or lacks the scope revocations:read: the answer has status ${response.status}.`,
        );
      if (!response.ok)
        throw new Error(`The list of revocations was answered with status ${response.status}.`);
      if (response.headers.get('x-request-id') !== requestId)
        throw new Unusable(
          'The list of revocations was not answered with the X-Request-Id of the request: a proxy replaced the field, or repeated an earlier answer.',
        );
      for await (const lines of linesOf(response)) {
        watchdog.refresh();
        this.take(pace, lines);
        if (this.isLate(pace)) return;
      }
    } finally {
      clearTimeout(watchdog);
      silence.abort();
    }
  }

  private take(pace: Pace, lines: readonly string[]): void {
    for (const line of lines) {
      if (line === '') continue;
      const item = JSON.parse(line) as Revocation;
      if (this.cursor !== null && Number(item.cursor) <= Number(this.cursor))
        throw new Error('The list of revocations goes back.');
      this.settings.list.add(item);
      this.cursor = item.cursor;
    }
    const now = performance.now();
    pace.note(now, lines);
    if (pace.isImpossible(now)) throw new Error('The list of revocations is ahead of the time.');
    if (pace.knownUpToMs() === null || (this.pace?.knownUpToMs() ?? 0) > pace.knownUpToMs()!) return;
    this.pace = pace;
    this.lastFailure = null;
    this.first.resolve();
  }

  /** A new request tells the time anew, before this one is too late. The readings of the service slip a little. */
  private isLate(pace: Pace): boolean {
    const known = pace.knownUpToMs();
    return (
      known !== null && performance.now() - known > this.settings.maxStalenessMs + SLACK_MS - INTERVAL_MS
    );
  }
}

/** The complete lines of an answer, as they come together. */
async function* linesOf(response: Response): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield lines;
  }
}
