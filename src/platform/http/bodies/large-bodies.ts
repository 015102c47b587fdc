import type { FastifyReply, FastifyRequest, RequestPayload } from 'fastify';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { Problem } from '../../errors/problem.js';

/** Maximum size of a body, bytes, on all routes but those with {@link LargeBodies}. */
export const BODY_LIMIT = 64 * 1024;

/** Maximum size of a body on a route with {@link LargeBodies}, bytes. */
export const LARGE_BODY_LIMIT = 1024 * 1024;

/** How many bodies over `BODY_LIMIT` a process holds at once; each has 10 s to arrive. */
const MAX_HELD = 16;

/**
 * Bounds the memory that large bodies take. Whoever sends one is not known before all of it has arrived, and could otherwise
 * hold 1 MiB with each connection. Bodies of at most `BODY_LIMIT` are always read.
 */
export class LargeBodies {
  private readonly held = new Set<FastifyReply['raw']>();

  /** Called before a body is read. Throws `overloaded` if it is large and too many others are. */
  readonly admit = async (
    { headers }: FastifyRequest,
    { raw: response }: FastifyReply,
    payload: RequestPayload,
  ): Promise<RequestPayload> => {
    // A body in chunks does not announce its size.
    if (Number(headers['content-length']) <= BODY_LIMIT) return payload;
    if (this.held.size >= MAX_HELD) throw new Problem(PlatformErrors.overloaded, { retryAfterSeconds: 10 });
    this.held.add(response);
    for (const event of ['finish', 'close']) response.once(event, () => this.held.delete(response));
    return payload;
  };
}
