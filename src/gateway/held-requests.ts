import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';

/** How many requests are held at a time. */
const MAX_HELD = 10;
/** Longer than a proxy should wait, milliseconds. */
const HELD_MS = 10_000;

/** Holds forward-auth requests without answering them, so that operators can test how their proxy behaves in an outage. */
@Injectable()
export class HeldRequests implements BeforeApplicationShutdown {
  private readonly held = new Set<FastifyReply>();

  beforeApplicationShutdown(): void {
    for (const reply of this.held) reply.raw.destroy();
  }

  /** Sends nothing, and closes the connection after ten seconds. Throws `overloaded` while ten others are held. */
  hold(reply: FastifyReply): void {
    if (this.held.size >= MAX_HELD) throw new Problem(PlatformErrors.overloaded, { retryAfterSeconds: 10 });
    reply.hijack();
    // The client left before, so there will be no further event.
    if (reply.raw.destroyed) return;
    this.held.add(reply);
    const end = setTimeout(() => {
      reply.raw.destroy();
      // A reply that still waits for those before it on its connection is not closed by this.
      this.held.delete(reply);
    }, HELD_MS);
    reply.raw.once('close', () => {
      clearTimeout(end);
      this.held.delete(reply);
    });
  }
}
