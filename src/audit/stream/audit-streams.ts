import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Readable } from 'node:stream';
import { Clock } from '../../platform/clock/clock.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { AuditFeed } from '../feed/audit-feed.js';
import { eventFrames, type Subscription } from './event-frames.js';

/** Streams that one process serves; each costs it a query every half second. */
const MAX_STREAMS = 50;

/** The trail as server-sent events, to a bounded number of readers. */
@Injectable()
export class AuditStreams implements OnModuleDestroy {
  private readonly open = new Set<Readable>();
  private readonly draining = new AbortController();

  constructor(
    private readonly feed: AuditFeed,
    private readonly clock: Clock,
  ) {}

  /** The process is about to end: so do the streams, and their clients go on elsewhere from where they were. */
  onModuleDestroy(): void {
    this.draining.abort();
  }

  /**
   * Begins a stream. It ends with the reader's session, with their access token at the latest, or with the process;
   * one that does not keep up is not read ahead for. Throws `overloaded` when there are too many.
   */
  begin(subscription: Subscription): Readable {
    if (this.open.size >= MAX_STREAMS)
      throw new Problem(PlatformErrors.overloaded, { retryAfterSeconds: 30 });
    const stream = Readable.from(eventFrames(this.feed, subscription, this.draining.signal));
    const lifetimeMs = subscription.principal.expiresAt * 1000 - this.clock.nowMs();
    const deadline = setTimeout(() => stream.destroy(), lifetimeMs).unref();
    this.open.add(stream);
    stream.once('close', () => {
      clearTimeout(deadline);
      this.open.delete(stream);
    });
    return stream;
  }
}
