import type { Readable } from 'node:stream';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';

/** Limits on concurrent streams. */
export interface StreamBounds {
  readonly ofAll: number;
  readonly ofOne: number;
  /** How long a refused reader should wait, in seconds. */
  readonly retryAfterSeconds: number;
}

/**
 * The streams served by this process. Their number is limited in total and per reader, so that nobody can use all of
 * them.
 */
export class OpenStreams {
  private readonly readers = new Map<Readable, string>();

  constructor(private readonly bounds: StreamBounds) {}

  /** Throws `overloaded` if another stream of this reader would exceed a limit. */
  assertRoom(callerId: string): void {
    const { ofAll, ofOne, retryAfterSeconds } = this.bounds;
    const own = [...this.readers.values()].filter((reader) => reader === callerId).length;
    if (this.readers.size >= ofAll || own >= ofOne)
      throw new Problem(PlatformErrors.overloaded, { retryAfterSeconds });
  }

  /** Counts a stream until it is closed. Throws `overloaded` if a limit is exceeded. */
  add(stream: Readable, callerId: string): void {
    this.assertRoom(callerId);
    this.readers.set(stream, callerId);
    stream.once('close', () => this.readers.delete(stream));
  }
}
