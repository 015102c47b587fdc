import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Readable } from 'node:stream';
import { Clock } from '../../platform/clock/clock.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { AuditFeed } from '../feed/audit-feed.js';
import { eventFrames, type Subscription } from './event-frames.js';
import { SessionEndsRepository } from './session-ends.repository.js';

/** Streams that one process serves; each costs it two or three queries every half second. */
const MAX_STREAMS = 50;

/** Streams of one reader, so that one reader cannot use them all. */
const MAX_STREAMS_OF_ONE = 10;

/** The trail as server-sent events, to a bounded number of readers. */
@Injectable()
export class AuditStreams implements OnModuleDestroy {
  private readonly open = new Map<Readable, string>();
  private readonly draining = new AbortController();

  constructor(
    private readonly feed: AuditFeed,
    private readonly ends: SessionEndsRepository,
    private readonly clock: Clock,
  ) {}

  /** Ends all streams before the process stops; their clients reconnect to another instance and continue there. */
  onModuleDestroy(): void {
    this.draining.abort();
  }

  /**
   * Begins a stream. It ends with the reader's session or with the process; one that does not keep up is not read ahead
   * for. Throws `overloaded` when there are too many, of all readers or of this one.
   */
  begin(subscription: Subscription): Readable {
    const { userId } = subscription.principal;
    const own = [...this.open.values()].filter((reader) => reader === userId).length;
    if (this.open.size >= MAX_STREAMS || own >= MAX_STREAMS_OF_ONE)
      throw new Problem(PlatformErrors.overloaded, { retryAfterSeconds: 30 });
    const stream = this.streamOf(subscription);
    this.open.set(stream, userId);
    stream.once('close', () => this.open.delete(stream));
    return stream;
  }

  private streamOf(subscription: Subscription): Readable {
    const sources = { feed: this.feed, ends: this.ends, clock: this.clock };
    const closing = new AbortController();
    const signal = AbortSignal.any([this.draining.signal, closing.signal]);
    const stream = Readable.from(eventFrames(sources, subscription, signal));
    // By itself it waits for the generator's next frame before it is closed, and with a quiet trail that is a while.
    const destroy = stream.destroy.bind(stream);
    stream.destroy = (error) => {
      closing.abort();
      return destroy(error);
    };
    return stream;
  }
}
