import { Injectable, StreamableFile } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import type { Principal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { callerOf } from '../../platform/http/request-context.js';
import { AuditFeed } from '../feed/audit-feed.js';
import { type Moment, SessionEndsRepository } from './session-ends.repository.js';

/** How often to check whether the reader may still read. A stream ends within a second of its session. */
const CHECK_EVERY_MS = 500;

/** Node runs longer timers at once. A stream with an API key ends after this time and can be opened again. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Sends streams that end within one second after the reader loses access, however slowly they are read. */
@Injectable()
export class StreamAnswers {
  constructor(
    private readonly feed: AuditFeed,
    private readonly ends: SessionEndsRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Sends a stream, which ends when the reader's session, key, role or access token ends. A HEAD request gets only the
   * header fields, because Fastify would read the whole stream and discard it.
   */
  async answer(
    request: FastifyRequest,
    stream: Readable,
    options: { type: string; disposition?: string },
  ): Promise<StreamableFile> {
    if (request.method === 'HEAD') stream.destroy();
    else await this.watch(callerOf(request), stream);
    return new StreamableFile(stream, options);
  }

  /**
   * Destroys the stream once its reader may no longer read. If PostgreSQL is unavailable, destroys the stream and
   * throws.
   */
  async watch(principal: Principal, stream: Readable): Promise<void> {
    const begun = await this.present().catch((error: unknown) => {
      stream.destroy();
      throw error;
    });
    const deadlineMs = principal.expiresAt * 1000;
    const untilMs = Math.min(deadlineMs - begun.ms, LONGEST_TIMER_MS);
    const deadline = setTimeout(() => stream.destroy(), untilMs).unref();
    let isAsking = false;
    const checks = setInterval(() => {
      // The timer above does not follow a clock that is set.
      if (this.clock.nowMs() >= deadlineMs) stream.destroy();
      if (isAsking) return;
      isAsking = true;
      void this.endWithSession(principal, begun, stream).finally(() => {
        isAsking = false;
      });
    }, CHECK_EVERY_MS).unref();
    stream.once('close', () => {
      clearTimeout(deadline);
      clearInterval(checks);
    });
  }

  private async present(): Promise<Moment> {
    return { ms: this.clock.nowMs(), position: (await this.feed.readAfter(null, 1)).position };
  }

  /** While PostgreSQL is unavailable, nothing can be read either, so the check is retried. */
  private async endWithSession(principal: Principal, begun: Moment, stream: Readable): Promise<void> {
    if (await this.ends.hasEnded(principal, begun).catch(() => false)) stream.destroy();
  }
}
