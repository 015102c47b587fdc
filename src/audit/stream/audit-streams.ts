import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { callerIdOf } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { OpenStreams } from '../reading/open-streams.js';
import { cancellableStream } from '../reading/cancellable-stream.js';
import { AuditFeed } from '../feed/audit-feed.js';
import { eventFrames, type Subscription } from './event-frames.js';
import { SessionEndsRepository } from '../reading/session-ends.repository.js';

/** Limits on concurrent streams per process. Each one takes three or four queries every half second. */
const STREAMS = { ofAll: 50, ofOne: 10, retryAfterSeconds: 30 };

/** Sends the trail as server-sent events to a limited number of readers. */
@Injectable()
export class AuditStreams implements OnModuleDestroy {
  private readonly open = new OpenStreams(STREAMS);
  private readonly draining = new AbortController();

  constructor(
    private readonly feed: AuditFeed,
    private readonly ends: SessionEndsRepository,
    private readonly clock: Clock,
  ) {}

  /** Ends all streams before the process stops. Clients reconnect to another instance and continue there. */
  onModuleDestroy(): void {
    this.draining.abort();
  }

  /**
   * Starts a stream. It ends with the reader's session or with the process, and reads only as fast as its client
   * does. Throws `overloaded` if there are too many streams, in total or of this reader.
   */
  begin(subscription: Subscription): Readable {
    const callerId = callerIdOf(subscription.principal);
    this.open.assertRoom(callerId);
    const stream = this.streamOf(subscription);
    this.open.add(stream, callerId);
    return stream;
  }

  private streamOf(subscription: Subscription): Readable {
    const sources = { feed: this.feed, ends: this.ends, clock: this.clock };
    return cancellableStream((signal) => eventFrames(sources, subscription, signal), this.draining.signal);
  }
}
