import type { Readable } from 'node:stream';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';

/** How many streams may be open at a time. */
export interface StreamBounds {
  readonly ofAll: number;
  readonly ofOne: number;
  /** What a reader beyond them is told to wait, seconds. */
  readonly retryAfterSeconds: number;
}

/** The streams that this process serves, bounded in all and for each reader, so that nobody takes them all. */
export class OpenStreams {
  private readonly readers = new Map<Readable, string>();

  constructor(private readonly bounds: StreamBounds) {}

  /** Throws `overloaded` when there is no place for another stream of this reader. */
  assertRoom(userId: string): void {
    const { ofAll, ofOne, retryAfterSeconds } = this.bounds;
    const own = [...this.readers.values()].filter((reader) => reader === userId).length;
    if (this.readers.size >= ofAll || own >= ofOne)
      throw new Problem(PlatformErrors.overloaded, { retryAfterSeconds });
  }

  /** Counts a stream until it is closed; throws `overloaded` when there is no place. */
  add(stream: Readable, userId: string): void {
    this.assertRoom(userId);
    this.readers.set(stream, userId);
    stream.once('close', () => this.readers.delete(stream));
  }
}
