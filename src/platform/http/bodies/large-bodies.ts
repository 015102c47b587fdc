import type { FastifyReply, FastifyRequest, RequestPayload } from 'fastify';
import { Transform } from 'node:stream';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { Problem } from '../../errors/problem.js';
import { contextOf } from '../request-context.js';

/** Maximum size of a body, bytes, on all routes but those with {@link LargeBodies}. */
export const BODY_LIMIT = 64 * 1024;

/** Maximum size of a body on a route with {@link LargeBodies}, bytes. */
export const LARGE_BODY_LIMIT = 1024 * 1024;

/** How many bodies over `BODY_LIMIT` a process holds at once, of all senders and of one network; each has 10 s to arrive. */
const MAX_HELD = { ofAll: 16, ofOne: 4 };

/**
 * Bounds the memory that large bodies take. Whoever sends one is not known before all of it has arrived, and could otherwise
 * hold 1 MiB with each connection. The first `BODY_LIMIT` bytes are always read, whatever size is announced: a place is taken
 * by what has arrived, so that idle connections have none.
 */
export class LargeBodies {
  /** The networks of the senders. */
  private readonly held = new Map<FastifyReply['raw'], string>();

  /** Called before a body is read. The body fails with `overloaded` where it becomes large and too many others are. */
  readonly bound = async (
    request: FastifyRequest,
    { raw: response }: FastifyReply,
    payload: RequestPayload,
  ): Promise<RequestPayload> => {
    const { network } = contextOf(request).origin;
    let bytes = 0;
    const bounded = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        bytes += chunk.length;
        if (bytes <= BODY_LIMIT || this.hold(response, network)) done(null, chunk);
        else done(new Problem(PlatformErrors.overloaded, { retryAfterSeconds: 10 }));
      },
    });
    payload.once('error', (error) => bounded.destroy(error));
    return payload.pipe(bounded);
  };

  private hold(response: FastifyReply['raw'], network: string): boolean {
    if (this.held.has(response)) return true;
    const ofOne = [...this.held.values()].filter((other) => other === network).length;
    if (this.held.size >= MAX_HELD.ofAll || ofOne >= MAX_HELD.ofOne) return false;
    this.held.set(response, network);
    for (const event of ['finish', 'close']) response.once(event, () => this.held.delete(response));
    return true;
  }
}
